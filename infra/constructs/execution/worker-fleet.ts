import { Duration } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc } from "aws-cdk-lib/aws-ec2";
import {
  type Cluster,
  type ContainerImage,
  FargateService,
  type ICluster,
} from "aws-cdk-lib/aws-ecs";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { acknowledgePattern } from "../acknowledge.ts";
import { executionNames } from "./execution-names.ts";
import { RunFamily } from "./run-family.ts";
import { workerResources, workerRights } from "./worker-rights.ts";

export interface WorkerFleetProps {
  readonly stage: string;
  /** The pool that its workers lease from. */
  readonly pool: string;
  readonly cluster: Cluster | ICluster;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  /** With the runner in it. */
  readonly image: ContainerImage;
  /** Url and id of the machines' HTTP API. */
  readonly apiUrl: string;
  readonly apiId: string;
  readonly logRetentionDays: RetentionDays;
  /** Attempts that one worker runs at the same time. */
  readonly slots?: number;
  readonly cpuUnits?: number;
  readonly memoryMb?: number;
  /** @default 0, so that the fleet costs nothing until it is asked for */
  readonly workersMin?: number;
  /** @default 10 */
  readonly workersMax?: number;
  /** Spot capacity only; a worker that is interrupted gives its attempts back. */
  readonly spot?: boolean;
}

/**
 * An elastic fleet of pool workers on Fargate: for tasks that want a warm process, many small runs in
 * one container, or a machine of their own size. Scales by the processor's use between its bounds.
 */
export class WorkerFleet extends Construct {
  readonly service: FargateService;
  /** Give the fleet's code the rights it needs through its `taskRole`. */
  readonly runs: RunFamily;

  constructor(scope: Construct, id: string, props: WorkerFleetProps) {
    super(scope, id);
    const { stage, pool, workersMin = 0 } = props;
    this.runs = new RunFamily(this, "Runs", {
      family: `${executionNames.workerRolePrefix(stage)}${pool}`,
      roleName: `${executionNames.workerRolePrefix(stage)}${pool}`,
      image: props.image,
      command: ["worker", "--pool", pool, "--slots", String(props.slots ?? 4)],
      environment: { SWITCHYARD_URL: props.apiUrl, SWITCHYARD_AUTH: "iam" },
      logRetentionDays: props.logRetentionDays,
      cpuUnits: props.cpuUnits ?? 1_024,
      memoryMb: props.memoryMb ?? 2_048,
    });
    this.runs.taskRole.addToPolicy(workerRights(this, props.apiId));
    for (const resource of workerResources(this, props.apiId)) {
      const reason = "A worker speaks of attempts and of itself, which nobody knows in advance.";
      acknowledgePattern(this.runs.taskRole, resource, reason);
    }
    this.service = new FargateService(this, "Service", {
      // CDK's class and its own interface disagree about optional properties that are undefined.
      cluster: props.cluster as ICluster,
      taskDefinition: this.runs.definition,
      desiredCount: workersMin,
      assignPublicIp: true,
      vpcSubnets: { subnets: props.vpc.publicSubnets },
      securityGroups: [props.securityGroup],
      capacityProviderStrategies: [
        { capacityProvider: props.spot === true ? "FARGATE_SPOT" : "FARGATE", weight: 1 },
      ],
      // New workers first, then the old ones are told to finish what they have.
      minHealthyPercent: 100,
      circuitBreaker: { rollback: true },
    });
    this.scale(workersMin, props.workersMax ?? 10);
  }

  private scale(minCapacity: number, maxCapacity: number): void {
    const scaling = this.service.autoScaleTaskCount({ minCapacity, maxCapacity });
    scaling.scaleOnCpuUtilization("Cpu", {
      targetUtilizationPercent: 70,
      scaleInCooldown: Duration.minutes(5),
      scaleOutCooldown: Duration.minutes(1),
    });
  }
}
