import { Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { TickMessage } from "../../shared/contract/messages.ts";
import type { SwitchyardFunction } from "./lambda/switchyard-function.ts";
import { grantSend } from "./queue-access.ts";
import { queueDestination } from "./queue-destination.ts";

export interface TickProps {
  readonly timekeeper: SwitchyardFunction<"timekeeper">;
  /** Gets ticks that could not be delivered, and ticks whose run failed. */
  readonly deadLetters: IQueue;
}

/**
 * Calls the timekeeper every minute.
 *
 * EventBridge Scheduler invokes the function itself instead of going through a queue: a tick carries
 * nothing, the next one follows in a minute, and a queue's pollers would cost more than everything
 * else that the tick uses. For the same reason a tick is hardly retried: one that is a minute late
 * is replaced by its successor.
 */
export class Tick extends Construct {
  constructor(scope: Construct, id: string, props: TickProps) {
    super(scope, id);
    const { timekeeper, deadLetters } = props;
    const group = new ScheduleGroup(this, "Group");
    const role = this.schedulerRole(group.scheduleGroupArn, props);
    const input = { kind: "tick", scheduledAt: ContextAttribute.scheduledTime };
    new Schedule(this, "EveryMinute", {
      description: "Switchyard: calls the timekeeper",
      scheduleGroup: group,
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(timekeeper.function, {
        role: role.withoutPolicyUpdates(),
        // Parsed by its own contract, so that a change of the message is noticed here.
        input: ScheduleTargetInput.fromObject(TickMessage.parse(input)),
        retryAttempts: 1,
        maxEventAge: Duration.seconds(60),
        deadLetterQueue: deadLetters,
      }),
    });
    grantSend(timekeeper.role, deadLetters);
    timekeeper.function.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: Duration.seconds(60),
      onFailure: queueDestination(deadLetters),
    });
  }

  private schedulerRole(groupArn: string, { timekeeper, deadLetters }: TickProps): Role {
    const role = new Role(this, "Role", {
      description: "Lets EventBridge Scheduler call the timekeeper",
      // Only for schedules of this group in this account: the service is shared by everybody.
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: {
            "aws:SourceAccount": Stack.of(this).account,
            "aws:SourceArn": groupArn,
          },
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ["lambda:InvokeFunction"],
        resources: [timekeeper.function.functionArn],
      }),
    );
    grantSend(role, deadLetters);
    return role;
  }
}
