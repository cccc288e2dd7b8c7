import { Duration } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { FunctionName } from "../../shared/contract/env.ts";
import { acknowledge } from "./acknowledge.ts";
import type { SwitchyardFunction } from "./lambda/switchyard-function.ts";

export interface QueueConsumerProps {
  readonly queue: IQueue;
  readonly consumer: SwitchyardFunction<FunctionName>;
  /** Batches handled at the same time, 2 to 1,000: messages beyond wait in the queue, unharmed. */
  readonly concurrency: number;
  /**
   * Messages in one batch at most.
   * @default 10
   */
  readonly batchSize?: number;
  /**
   * How long a batch is waited for. Nothing, so that a lone message is handled at once; under load
   * batches fill by themselves.
   * @default Duration.seconds(0)
   */
  readonly batchWindow?: Duration;
}

/**
 * Lets a function consume a queue, message by message: the function names those that failed, and
 * only they come again.
 *
 * Its pollers are the one thing here that works, and bills, while nothing happens: Lambda keeps five
 * of them in 20-second long polls, about 650,000 requests a month for each consumed queue.
 */
export class QueueConsumer extends Construct {
  readonly mapping: EventSourceMapping;

  constructor(scope: Construct, id: string, props: QueueConsumerProps) {
    super(scope, id);
    const { queue, consumer } = props;
    consumer.role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        resources: [queue.queueArn],
      }),
    );
    this.mapping = new EventSourceMapping(this, "Mapping", {
      target: consumer.function,
      eventSourceArn: queue.queueArn,
      batchSize: props.batchSize ?? 10,
      maxBatchingWindow: props.batchWindow ?? Duration.seconds(0),
      // Instead of reserved concurrency, which would burn deliveries of messages it turns away.
      maxConcurrency: props.concurrency,
      reportBatchItemFailures: true,
    });
    acknowledge(this.mapping, {
      "Serverless-LambdaEventSourceMappingDestination":
        "Mappings of queues have no such destination: what keeps failing goes to the queue's own dead-letter queue.",
    });
    // Creating the mapping checks that the role may read the queue.
    this.mapping.node.addDependency(consumer.role);
  }
}
