import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { DeploymentOptions } from "../config.ts";
import { executionNames } from "../constructs/execution/execution-names.ts";
import { RunCluster } from "../constructs/execution/run-cluster.ts";
import { RunFamily } from "../constructs/execution/run-family.ts";
import { runnerImage } from "../constructs/execution/runner-image.ts";

export interface ExecutionStackProps extends StackProps {
  readonly options: DeploymentOptions;
  /** Folder with the bundled runner and its Dockerfile. */
  readonly runnerFolder: string;
}

/** What dispatch must know of the place where containers run. */
export interface ExecutionPlace {
  readonly clusterArn: string;
  readonly clusterName: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Roles that the runner's task definition hands to ECS. */
  readonly passedRoleArns: readonly string[];
}

/**
 * Where containers run: a network without a way in, a cluster in which nothing stands, and the task
 * definition of the runner. It bills nothing until an attempt runs.
 */
export class ExecutionStack extends Stack {
  readonly place: ExecutionPlace;

  constructor(scope: Construct, id: string, props: ExecutionStackProps) {
    const { options, runnerFolder, ...stackProps } = props;
    const { stage, fargate, logRetentionDays } = options;
    super(scope, id, { ...stackProps, description: `Switchyard ${stage}: where containers run` });
    const { cluster, network } = new RunCluster(this, "Runs", {
      name: executionNames.cluster(stage),
    });
    const runner = new RunFamily(this, "Runner", {
      family: executionNames.runnerFamily(stage),
      roleName: executionNames.runnerRole(stage),
      image: runnerImage(this, "RunnerImage", { folder: runnerFolder, image: fargate.runnerImage }),
      logRetentionDays,
    });
    this.place = {
      clusterArn: cluster.clusterArn,
      clusterName: cluster.clusterName,
      subnetIds: network.subnetIds,
      securityGroupIds: [network.securityGroup.securityGroupId],
      passedRoleArns: [runner.taskRole.roleArn, runner.executionRole.roleArn],
    };
    new CfnOutput(this, "ClusterArn", {
      value: cluster.clusterArn,
      description: "The cluster that attempts run in",
    });
    new CfnOutput(this, "VpcId", {
      value: network.vpc.vpcId,
      description: "The network of the containers: public subnets, no way in",
    });
  }
}
