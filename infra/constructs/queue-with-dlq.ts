import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

export interface QueueWithDlqProps {
  /** Of the function that consumes the queue; decides how long a message stays invisible. */
  readonly consumerTimeout: Duration;
  /**
   * How often a message is delivered before it is put aside. Below five, throttled invocations
   * alone would put messages aside.
   * @default 5
   */
  readonly deliveriesMax?: number;
  /**
   * How long an unread message is kept.
   * @default 4 days
   */
  readonly retention?: Duration;
}

/** A queue whose undeliverable messages wait in a second one; both encrypted, both TLS only. */
export class QueueWithDlq extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: QueueWithDlqProps) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, "DeadLetters");
    this.queue = new Queue(this, "Queue", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Six times the consumer's timeout, as AWS advises: room for throttled and repeated invocations.
      visibilityTimeout: Duration.seconds(6 * props.consumerTimeout.toSeconds()),
      retentionPeriod: props.retention ?? Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.deliveriesMax ?? 5 },
    });
  }
}

/** A queue for what failed for good; somebody must watch it (see DeadLetterAlarm). */
export function deadLetterQueue(scope: Construct, id: string): Queue {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    // The longest there is: messages keep the age they had in the queue that they come from.
    retentionPeriod: Duration.days(14),
  });
  acknowledge(queue, {
    "Serverless-SQSRedrivePolicy":
      "The queue is the end of the line: its messages wait for a person, not for another delivery.",
  });
  return queue;
}
