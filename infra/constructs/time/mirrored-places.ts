import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { ScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { grantSend } from "../queue-access.ts";
import type { QueueWithDlq } from "../queue-with-dlq.ts";
import { timeNames } from "./time-names.ts";

export interface MirroredPlacesProps {
  readonly stage: string;
  /** Where firings and events go. */
  readonly intake: QueueWithDlq;
  readonly busName: string;
  /** Whether triggers may listen to the account's default bus. */
  readonly defaultBus: boolean;
}

/**
 * Where schedules and triggers are mirrored to, and by what right their firings and events come back:
 * EventBridge Scheduler takes on a role that may send to the intake queue, for schedules of one group;
 * rules are let in by the queue, by the beginning of their names.
 */
export class MirroredPlaces extends Construct {
  readonly group: ScheduleGroup;
  readonly schedulerRole: Role;
  readonly groupName: string;
  readonly rulePrefix: string;
  /** Patterns of the ARNs of all rules that triggers may have. */
  readonly ruleArns: readonly string[];

  constructor(scope: Construct, id: string, props: MirroredPlacesProps) {
    super(scope, id);
    const { stage, intake } = props;
    this.groupName = timeNames.scheduleGroup(stage);
    this.rulePrefix = timeNames.rulePrefix(stage);
    this.group = new ScheduleGroup(this, "Group", { scheduleGroupName: this.groupName });
    this.schedulerRole = new Role(this, "Role", {
      description: `Lets EventBridge Scheduler send the firings of schedules (${stage})`,
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: {
            "aws:SourceAccount": Stack.of(this).account,
            "aws:SourceArn": this.group.scheduleGroupArn,
          },
        },
      }),
    });
    grantSend(this.schedulerRole, intake.queue);
    grantSend(this.schedulerRole, intake.deadLetters);
    this.ruleArns = this.patternsOfRules(props);
    for (const queue of [intake.queue, intake.deadLetters]) this.letRulesIn(queue);
  }

  private patternsOfRules({ busName, defaultBus }: MirroredPlacesProps): readonly string[] {
    const arn = (resourceName: string) =>
      Stack.of(this).formatArn({
        service: "events",
        resource: "rule",
        resourceName,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      });
    const rules = `${this.rulePrefix}*`;
    return [arn(`${busName}/${rules}`), ...(defaultBus ? [arn(rules)] : [])];
  }

  private letRulesIn(queue: Queue): void {
    queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal("events.amazonaws.com")],
        actions: ["sqs:SendMessage"],
        resources: [queue.queueArn],
        conditions: { ArnLike: { "aws:SourceArn": this.ruleArns } },
      }),
    );
  }
}
