import { Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { ContainerContent } from "../../../shared/contract/container.ts";

/** What stands in the environment of containers that report only by their exit code. */
const ownContainer: ContainerContent = "container";

export interface RunEventsProps {
  readonly clusterArn: string;
  /** Where attempts' ends are read. */
  readonly completions: IQueue;
  /** Gets what could not be delivered. */
  readonly deadLetters: IQueue;
}

/**
 * ECS tells when a container has stopped, and why; that ends attempts which could not say so. It also
 * tells when a container of one's own has begun, which no runner in it reports.
 */
export class RunEvents extends Construct {
  constructor(scope: Construct, id: string, props: RunEventsProps) {
    super(scope, id);
    const own = { containerOverrides: { environment: { value: [ownContainer] } } };
    new Rule(this, "Stopped", {
      description: "Containers of Switchyard's cluster that have stopped, and own ones that began",
      eventPattern: {
        source: ["aws.ecs"],
        detailType: ["ECS Task State Change"],
        detail: {
          clusterArn: [props.clusterArn],
          $or: [{ lastStatus: ["STOPPED"] }, { lastStatus: ["RUNNING"], overrides: own }],
        },
      },
      targets: [new SqsQueue(props.completions, { deadLetterQueue: props.deadLetters })],
    });
  }
}
