import { type EventBus, Rule, type RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import { busEvents } from "../../../shared/contract/messages.ts";
import type { QueueWithDlq } from "../queue-with-dlq.ts";

export interface DirectEventsProps {
  readonly bus: EventBus;
  readonly intake: QueueWithDlq;
  /** Whose tasks such events may submit: whoever puts events on the bus speaks for this tenant. */
  readonly tenant: string;
}

/** Events on our bus that name a task themselves are taken in without any trigger. */
export class DirectEvents extends Construct {
  constructor(scope: Construct, id: string, { bus, intake, tenant }: DirectEventsProps) {
    super(scope, id);
    new Rule(this, "Submissions", {
      eventBus: bus,
      description: "Events that ask Switchyard to run a task",
      eventPattern: { detailType: [busEvents.submitTask] },
      targets: [
        new SqsQueue(intake.queue, {
          deadLetterQueue: intake.deadLetters,
          message: wholeEventOf(tenant),
        }),
      ],
    });
  }
}

/** EventBridge puts the whole event in place of the angle brackets, which CDK would escape. */
function wholeEventOf(tenant: string): RuleTargetInput {
  const inputTemplate = `{"kind":"event","tenant":"${tenant}","event":<aws.events.event.json>}`;
  return { bind: () => ({ inputTemplate }) };
}
