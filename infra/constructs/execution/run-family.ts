import { RemovalPolicy, Stack } from "aws-cdk-lib";
import {
  type ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
} from "aws-cdk-lib/aws-ecs";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { runContainerName } from "../../../shared/contract/container.ts";
import { acknowledge } from "../acknowledge.ts";

export interface RunFamilyProps {
  /** The family's name, by which dispatch starts it. */
  readonly family: string;
  /** Of the role that the code in the container has. */
  readonly roleName: string;
  readonly image: ContainerImage;
  /** What the container is told to run; default: what its image says. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly logRetentionDays: RetentionDays;
  /** Of an attempt that asks for nothing; attempts override both. */
  readonly cpuUnits?: number;
  readonly memoryMb?: number;
}

/** A task definition for attempts: arm64, one container, a role for its code and one to start it. */
export class RunFamily extends Construct {
  readonly definition: FargateTaskDefinition;
  readonly taskRole: Role;
  readonly executionRole: Role;

  constructor(scope: Construct, id: string, props: RunFamilyProps) {
    super(scope, id);
    const log = new LogGroup(this, "Log", {
      logGroupName: `/aws/ecs/${props.family}`,
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const containers = containersOnly(Stack.of(this));
    this.taskRole = new Role(this, "TaskRole", {
      roleName: props.roleName,
      assumedBy: containers,
      description: `What code in containers of ${props.family} may do`,
    });
    this.executionRole = new Role(this, "ExecutionRole", {
      assumedBy: containers,
      description: `What ECS may do to start containers of ${props.family}`,
    });
    this.executionRole.addToPolicy(
      new PolicyStatement({
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [log.logGroupArn],
      }),
    );
    this.definition = new FargateTaskDefinition(this, "Definition", {
      family: props.family,
      cpu: props.cpuUnits ?? 256,
      memoryLimitMiB: props.memoryMb ?? 512,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      taskRole: this.taskRole,
      executionRole: this.executionRole,
    });
    this.definition.addContainer(runContainerName, {
      image: props.image,
      essential: true,
      ...(props.command === undefined ? {} : { command: [...props.command] }),
      ...(props.environment === undefined ? {} : { environment: { ...props.environment } }),
      logging: LogDrivers.awsLogs({ logGroup: log, streamPrefix: "run" }),
    });
    this.acknowledgeFindings(props);
  }

  private acknowledgeFindings({ environment }: RunFamilyProps): void {
    const token =
      "Signing in to the registry takes no resource; pulling is limited to the image's own repository.";
    acknowledge(this, {
      "AwsSolutions-IAM5[Resource::*]": token,
      "Switchyard::unconditional-resource": token,
    });
    if (environment === undefined) return;
    acknowledge(this.definition, {
      "AwsSolutions-ECS2": "The variables are addresses and names; secrets have no place in them.",
    });
  }
}

/** ECS on behalf of this account only: another account's tasks must not take on the role. */
function containersOnly(stack: Stack): ServicePrincipal {
  return new ServicePrincipal("ecs-tasks.amazonaws.com", {
    conditions: { StringEquals: { "aws:SourceAccount": stack.account } },
  });
}
