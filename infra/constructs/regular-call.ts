import { Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { AnyFunctionName } from "../../shared/contract/env.ts";
import type { SwitchyardFunction } from "./lambda/switchyard-function.ts";
import { grantSend } from "./queue-access.ts";

export interface RegularCallProps {
  readonly callee: SwitchyardFunction<AnyFunctionName>;
  readonly description: string;
  readonly every: Duration;
  /** What the function is told; EventBridge Scheduler fills in its context attributes. */
  readonly input: object;
  /** How long a call that could not be made is tried again. */
  readonly maxEventAge?: Duration;
  /** Gets calls that could not be delivered. */
  readonly deadLetters: IQueue;
}

/**
 * EventBridge Scheduler calls a function of the control plane again and again. It invokes the
 * function itself instead of going through a queue: such a call carries nothing, the next one
 * follows, and a queue's pollers would cost more than everything else that it uses.
 */
export class RegularCall extends Construct {
  constructor(scope: Construct, id: string, props: RegularCallProps) {
    super(scope, id);
    const group = new ScheduleGroup(this, "Group");
    const role = this.schedulerRole(group.scheduleGroupArn, props);
    new Schedule(this, "Schedule", {
      description: props.description,
      scheduleGroup: group,
      schedule: ScheduleExpression.rate(props.every),
      target: new LambdaInvoke(props.callee.function, {
        role: role.withoutPolicyUpdates(),
        input: ScheduleTargetInput.fromObject(props.input),
        retryAttempts: 1,
        maxEventAge: props.maxEventAge ?? Duration.seconds(60),
        deadLetterQueue: props.deadLetters,
      }),
    });
  }

  private schedulerRole(groupArn: string, { callee, deadLetters }: RegularCallProps): Role {
    const role = new Role(this, "Role", {
      description: `Lets EventBridge Scheduler call ${callee.node.id}`,
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
        resources: [callee.function.functionArn],
      }),
    );
    grantSend(role, deadLetters);
    return role;
  }
}
