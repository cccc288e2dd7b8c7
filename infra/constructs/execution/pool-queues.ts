import { Duration, Stack } from "aws-cdk-lib";
import { ArnPrincipal, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import type { SwitchyardFunction } from "../lambda/switchyard-function.ts";
import { executionNames } from "./execution-names.ts";

export interface PoolQueuesProps {
  readonly stage: string;
  readonly tenant: string;
  /** Pools whose idle workers wait on a queue instead of asking again and again. */
  readonly pools: readonly string[];
  /** Lends workers the right to listen. */
  readonly api: SwitchyardFunction<"api">;
  /** Rings when something waits. */
  readonly dispatch: SwitchyardFunction<"dispatch">;
}

/**
 * A doorbell per pool: a queue whose messages say only "ask for work". Nobody polls it but workers,
 * so it costs nothing while there are none; a lost ring costs a worker one wait.
 */
export class PoolQueues extends Construct {
  readonly listenerRole: Role;

  constructor(scope: Construct, id: string, props: PoolQueuesProps) {
    super(scope, id);
    const { stage, tenant, api, dispatch } = props;
    const queues = props.pools.map((pool) => this.queue(stage, tenant, pool));
    const arns = queues.map(({ queueArn }) => queueArn);
    this.listenerRole = new Role(this, "Listener", {
      roleName: executionNames.poolListenerRole(stage),
      assumedBy: new ArnPrincipal(api.role.roleArn),
      description: "What a worker may do with its pool's queue; lent for an hour, for one queue",
      maxSessionDuration: Duration.hours(1),
    });
    this.listenerRole.addToPolicy(
      new PolicyStatement({
        actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
        resources: arns,
      }),
    );
    api.role.addToPolicy(
      new PolicyStatement({
        actions: ["sts:AssumeRole"],
        resources: [this.listenerRole.roleArn],
      }),
    );
    dispatch.role.addToPolicy(
      new PolicyStatement({
        actions: ["sqs:SendMessage"],
        resources: arns,
      }),
    );
  }

  private queue(stage: string, tenant: string, pool: string): Queue {
    const queue = new Queue(this, pool, {
      queueName: `${executionNames.poolQueuePrefix(stage)}${tenant}-${pool}`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Old rings say nothing: whoever asks sees what waits.
      retentionPeriod: Duration.minutes(5),
      visibilityTimeout: Duration.seconds(30),
    });
    const bell = "Its messages only say that work may wait; losing one costs a worker one wait.";
    acknowledge(queue, {
      "AwsSolutions-SQS3": bell,
      "Serverless-SQSRedrivePolicy": bell,
    });
    return queue;
  }
}

/** Where one partition of AWS keeps the queues of an account. */
export function queueUrlPrefix(scope: Construct, stage: string): string {
  const { region, account, urlSuffix } = Stack.of(scope);
  return `https://sqs.${region}.${urlSuffix}/${account}/${executionNames.poolQueuePrefix(stage)}`;
}

/** What the API must know to lend workers their pool's queue. */
export function poolEnvironment(
  scope: Construct,
  { stage, tenant, pools }: Pick<PoolQueuesProps, "stage" | "tenant" | "pools">,
): { readonly POOL_LISTENER_ROLE_ARN: string; readonly POOL_QUEUES: string } {
  return {
    POOL_LISTENER_ROLE_ARN: Stack.of(scope).formatArn({
      service: "iam",
      region: "",
      resource: "role",
      resourceName: executionNames.poolListenerRole(stage),
    }),
    POOL_QUEUES: pools.map((pool) => `${tenant}-${pool}`).join(","),
  };
}
