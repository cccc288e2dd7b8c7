import { Duration } from "aws-cdk-lib";
import { ContextAttribute } from "aws-cdk-lib/aws-scheduler";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { TickMessage } from "../../shared/contract/messages.ts";
import type { SwitchyardFunction } from "./lambda/switchyard-function.ts";
import { grantSend } from "./queue-access.ts";
import { queueDestination } from "./queue-destination.ts";
import { RegularCall } from "./regular-call.ts";

export interface TickProps {
  readonly timekeeper: SwitchyardFunction<"timekeeper">;
  /** Gets ticks that could not be delivered, and ticks whose run failed. */
  readonly deadLetters: IQueue;
}

/**
 * Calls the timekeeper every minute. A tick is hardly retried: one that is a minute late is replaced
 * by its successor.
 */
export class Tick extends RegularCall {
  constructor(scope: Construct, id: string, { timekeeper, deadLetters }: TickProps) {
    const input = { kind: "tick", scheduledAt: ContextAttribute.scheduledTime };
    super(scope, id, {
      callee: timekeeper,
      description: "Switchyard: calls the timekeeper",
      every: Duration.minutes(1),
      // Parsed by its own contract, so that a change of the message is noticed here.
      input: TickMessage.parse(input),
      deadLetters,
    });
    grantSend(timekeeper.role, deadLetters);
    timekeeper.function.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: Duration.seconds(60),
      onFailure: queueDestination(deadLetters),
    });
  }
}
