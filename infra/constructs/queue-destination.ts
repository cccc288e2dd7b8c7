import type { DestinationConfig, IDestination } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";

/**
 * A queue as the destination of asynchronous calls. Unlike CDK's own it adds no rights: whoever uses
 * it grants sending, which is all that is needed.
 */
export function queueDestination(queue: IQueue): IDestination & { bind(): DestinationConfig } {
  return { bind: () => ({ destination: queue.queueArn }) };
}
