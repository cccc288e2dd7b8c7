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
  /** Roles that the runners' task definitions hand to ECS. */
  readonly passedRoleArns: readonly string[];
  /** The task definition for functions in Python; absent: there is none. */
  readonly pythonRunnerFamily?: string;
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
    const python = fargate.python ? this.pythonRunner(props) : undefined;
    const runners = python === undefined ? [runner] : [runner, python];
    this.place = {
      clusterArn: cluster.clusterArn,
      clusterName: cluster.clusterName,
      subnetIds: network.subnetIds,
      securityGroupIds: [network.securityGroup.securityGroupId],
      passedRoleArns: runners.flatMap(({ taskRole, executionRole }) => [
        taskRole.roleArn,
        executionRole.roleArn,
      ]),
      ...(python === undefined
        ? {}
        : { pythonRunnerFamily: executionNames.pythonRunnerFamily(stage) }),
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
  /** The same runner in an image with Python in it. */
  private pythonRunner({ options, runnerFolder }: ExecutionStackProps): RunFamily {
    const { stage, fargate, logRetentionDays } = options;
    return new RunFamily(this, "PythonRunner", {
      family: executionNames.pythonRunnerFamily(stage),
      roleName: executionNames.pythonRunnerRole(stage),
      image: runnerImage(this, "PythonRunnerImage", {
        folder: runnerFolder,
        file: "python.Dockerfile",
        image: fargate.pythonRunnerImage,
      }),
      logRetentionDays,
    });
  }
}
