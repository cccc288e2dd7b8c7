import { Cluster } from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import { ExecutionNetwork } from "./execution-network.ts";

export interface RunClusterProps {
  readonly name: string;
}

/** The cluster that attempts run in: nothing stands in it while nothing runs. */
export class RunCluster extends Construct {
  readonly cluster: Cluster;
  readonly network: ExecutionNetwork;

  constructor(scope: Construct, id: string, props: RunClusterProps) {
    super(scope, id);
    this.network = new ExecutionNetwork(this, "Network");
    this.cluster = new Cluster(this, "Cluster", {
      clusterName: props.name,
      vpc: this.network.vpc,
      // Both Fargate and Fargate Spot; each attempt says which.
      enableFargateCapacityProviders: true,
    });
    acknowledge(this.cluster, {
      "AwsSolutions-ECS4":
        "Container Insights bills custom metrics for every task; the runner measures time, memory and processor itself.",
    });
  }
}
