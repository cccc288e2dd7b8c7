import { Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

export interface RunEventsProps {
  readonly clusterArn: string;
  /** Where attempts' ends are read. */
  readonly completions: IQueue;
  /** Gets what could not be delivered. */
  readonly deadLetters: IQueue;
}

/** ECS tells when a container has stopped, and why; that ends attempts which could not say so. */
export class RunEvents extends Construct {
  constructor(scope: Construct, id: string, props: RunEventsProps) {
    super(scope, id);
    new Rule(this, "Stopped", {
      description: "Containers of Switchyard's cluster that have stopped",
      eventPattern: {
        source: ["aws.ecs"],
        detailType: ["ECS Task State Change"],
        detail: { clusterArn: [props.clusterArn], lastStatus: ["STOPPED"] },
      },
      targets: [new SqsQueue(props.completions, { deadLetterQueue: props.deadLetters })],
    });
  }
}
