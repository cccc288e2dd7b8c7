import { Duration, Stack } from "aws-cdk-lib";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { ContextAttribute } from "aws-cdk-lib/aws-scheduler";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { deployedTags } from "../../../shared/contract/function-tags.ts";
import { MirrorMessage } from "../../../shared/contract/messages.ts";
import { acknowledge, acknowledgePattern } from "../acknowledge.ts";
import { grantSend } from "../queue-access.ts";
import { queueDestination } from "../queue-destination.ts";
import type { QueueWithDlq } from "../queue-with-dlq.ts";
import { RegularCall } from "../regular-call.ts";
import type { MirroredPlaces } from "../time/mirrored-places.ts";
import {
  type ControlPlaneFunctionProps,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface MirrorFunctionProps extends ControlPlaneFunctionProps {
  readonly table: TableRef;
  /** Tenant whose records are swept even before anything of it was mirrored. */
  readonly defaultTenant: string;
  readonly places: MirroredPlaces;
  readonly intake: QueueWithDlq;
  readonly bus: Pick<IEventBus, "eventBusName">;
  readonly defaultBus: boolean;
  /** Gets notes about calls that failed for good. */
  readonly deadLetters: IQueue;
}

/** Actions on rules that are there; each is bound to the beginning of our rules' names. */
const ruleActions = [
  "events:DescribeRule",
  "events:PutRule",
  "events:DeleteRule",
  "events:ListTargetsByRule",
  "events:RemoveTargets",
  "events:ListTagsForResource",
];

const scheduleActions = [
  "scheduler:GetSchedule",
  "scheduler:CreateSchedule",
  "scheduler:UpdateSchedule",
  "scheduler:DeleteSchedule",
];

/**
 * The one function that tells EventBridge of schedules and triggers. Nobody reaches it from outside:
 * it is asked by naming records. It makes schedules in one group and rules with one beginning, hands
 * over one role, and can send events nowhere but to the intake queue. Every hour it compares all.
 */
export class MirrorFunction extends SwitchyardFunction<"mirror"> {
  constructor(scope: Construct, id: string, props: MirrorFunctionProps) {
    const { stage, places, intake, deadLetters } = props;
    super(scope, id, {
      ...props,
      name: "mirror",
      description: "Switchyard: mirrors schedules and triggers to EventBridge",
      environment: {
        ...logging(props),
        TABLE_NAME: props.table.tableName,
        DEFAULT_TENANT: props.defaultTenant,
        SCHEDULE_GROUP: places.groupName,
        SCHEDULER_ROLE_ARN: places.schedulerRole.roleArn,
        INTAKE_QUEUE_ARN: intake.queue.queueArn,
        INTAKE_DEAD_LETTERS_ARN: intake.deadLetters.queueArn,
        EVENT_BUS_NAME: props.bus.eventBusName,
        RULE_PREFIX: places.rulePrefix,
        DEFAULT_BUS_TRIGGERS: props.defaultBus ? "on" : "off",
      },
      // It waits for EventBridge nearly all of the time.
      memoryMb: 256,
      // A sweep over many thousand schedules; what it does not get through, the next one does.
      timeout: Duration.minutes(10),
    });
    grantTable(this.role, props.table, tableAccess.mirror);
    this.allowSchedules(places);
    this.allowRules(places, intake.queue, `switchyard-${stage}`);
    grantSend(this.role, deadLetters);
    this.function.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      onFailure: queueDestination(deadLetters),
    });
    const input = { kind: "sweep", scheduledAt: ContextAttribute.scheduledTime };
    new RegularCall(this, "Sweep", {
      callee: this,
      description: "Switchyard: compares schedules and rules with their records",
      every: Duration.hours(1),
      input: MirrorMessage.parse(input),
      maxEventAge: Duration.minutes(30),
      deadLetters,
    });
  }

  private allowSchedules(places: MirroredPlaces): void {
    const schedules = Stack.of(this).formatArn({
      service: "scheduler",
      resource: "schedule",
      resourceName: `${places.groupName}/*`,
    });
    this.allow(scheduleActions, [schedules]);
    this.allow(["iam:PassRole"], [places.schedulerRole.roleArn], {
      StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" },
    });
    acknowledgePattern(
      this.role,
      schedules,
      "Schedules come and go at run time; the group holds those of this control plane and nothing else.",
    );
  }

  private allowRules({ ruleArns }: MirroredPlaces, intake: IQueue, owner: string): void {
    this.allow(ruleActions, ruleArns);
    // Tags are written when a rule is made.
    this.allow(["events:TagResource"], ruleArns, {
      StringEquals: { [`aws:RequestTag/${deployedTags.managedBy}`]: owner },
    });
    this.allow(["events:PutTargets"], ruleArns, {
      "ForAllValues:ArnEquals": { "events:TargetArn": intake.queueArn },
      // ForAllValues also holds for a request without the key.
      Null: { "events:TargetArn": "false" },
    });
    this.allow(["events:ListRules", "scheduler:ListSchedules"], ["*"]);
    for (const arn of ruleArns) {
      acknowledgePattern(
        this.role,
        arn,
        "Rules come and go at run time; all of this control plane's have this beginning, and those without its tag are left alone.",
      );
    }
    const listing =
      "Listing rules and schedules takes no resource; it shows their names and patterns and changes nothing.";
    acknowledge(this.role, {
      "AwsSolutions-IAM5[Resource::*]": listing,
      "Switchyard::unconditional-resource": listing,
    });
  }

  private allow(
    actions: string[],
    resources: readonly string[],
    conditions?: Readonly<Record<string, Readonly<Record<string, string>>>>,
  ): void {
    this.role.addToPolicy(
      new PolicyStatement({
        actions,
        resources: [...resources],
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
  }
}
