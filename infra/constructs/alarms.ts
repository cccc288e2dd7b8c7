import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type MetricName, metricsNamespace } from "../../shared/contract/metrics.ts";
import { limits } from "../../shared/core/limits.ts";

export interface SwitchyardAlarmsProps {
  readonly stage: string;
  /** Every dead-letter queue, by the short name that shows in the alarm's graph. */
  readonly deadLetters: Readonly<Record<string, IQueue>>;
  readonly timekeeper: IFunction;
  readonly topic: ITopic;
  /** The group of EventBridge Scheduler that holds the mirrored schedules. */
  readonly scheduleGroup: string;
  /** Whether a canary is sent through the plane. */
  readonly canary: boolean;
}

const period = Duration.minutes(5);

/**
 * What somebody must know of: work that was put aside, a clock that stopped, slots of schedules that
 * came to nothing, EventBridge out of step, and a canary that does not come back.
 *
 * One alarm watches the sum over all dead-letter queues. CloudWatch bills an alarm per metric, so
 * the sum costs what single alarms would, and half a dollar less than a composite of them; but there
 * is one thing to look at, and its graph shows which queue it is.
 */
export class SwitchyardAlarms extends Construct {
  constructor(scope: Construct, id: string, props: SwitchyardAlarmsProps) {
    super(scope, id);
    const action = new SnsAction(props.topic);
    const alarms = [
      this.deadLetters(props),
      this.silentTimekeeper(props),
      this.missedSlots(props),
      this.mirrorFailures(props),
      this.unreadableMessages(props),
      this.droppedFirings(props),
      ...(props.canary ? [this.canary(props)] : []),
    ];
    for (const alarm of alarms) {
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }

  private deadLetters({ stage, deadLetters }: SwitchyardAlarmsProps): Alarm {
    const usingMetrics = Object.fromEntries(
      Object.entries(deadLetters).map(([name, queue]) => [
        name,
        queue.metricApproximateNumberOfMessagesVisible({ period, statistic: "Maximum" }),
      ]),
    );
    return new Alarm(this, "DeadLetters", {
      alarmName: `switchyard-${stage}-dead-letters`,
      alarmDescription:
        'Something failed for good and was put aside. What to do: docs/deploy.md, "Dead letters".',
      // Unlike a plain sum, SUM goes on when a queue that nobody used reports nothing.
      metric: new MathExpression({
        expression: "SUM(METRICS())",
        label: "messages put aside",
        usingMetrics,
        period,
      }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private silentTimekeeper({ stage, timekeeper }: SwitchyardAlarmsProps): Alarm {
    return new Alarm(this, "SilentTimekeeper", {
      alarmName: `switchyard-${stage}-timekeeper-silent`,
      alarmDescription:
        'The timekeeper has not run for ten minutes, so delays and retries stand still. What to do: docs/deploy.md, "Silent timekeeper".',
      metric: timekeeper.metricInvocations({ period, statistic: "Sum" }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 2,
      // A clock that stopped publishes nothing: silence is the fault.
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  private missedSlots(props: SwitchyardAlarmsProps): Alarm {
    return this.aboveNothing(props, "MissedSlots", {
      name: "missed-slots",
      fault: "Slots of schedules did not start or succeed in time.",
      section: "Missed slots",
      metric: this.own(props, "MissedSlots", "Maximum"),
    });
  }

  private mirrorFailures(props: SwitchyardAlarmsProps): Alarm {
    return this.aboveNothing(props, "MirrorFailures", {
      name: "mirror-failures",
      fault: "Schedules or triggers could not be mirrored to EventBridge.",
      section: "Mirror failures",
      metric: this.own(props, "MirrorFailures", "Sum"),
    });
  }

  /** Nobody but ourselves writes to these queues: what cannot be read there is a fault of ours. */
  private unreadableMessages(props: SwitchyardAlarmsProps): Alarm {
    return this.aboveNothing(props, "UnreadableMessages", {
      name: "unreadable-messages",
      fault: "Messages in the queues of hints, results or events could not be read.",
      section: "Unreadable messages",
      metric: this.own(props, "MessagesUnreadable", "Sum"),
    });
  }

  /** Firings that EventBridge Scheduler gave up; those that it put aside show as dead letters. */
  private droppedFirings(props: SwitchyardAlarmsProps): Alarm {
    return this.aboveNothing(props, "DroppedFirings", {
      name: "dropped-firings",
      fault: "EventBridge Scheduler gave up firings of schedules.",
      section: "Dropped firings",
      metric: new Metric({
        namespace: "AWS/Scheduler",
        metricName: "InvocationDroppedCount",
        dimensionsMap: { ScheduleGroup: props.scheduleGroup },
        period,
        statistic: "Sum",
      }),
    });
  }

  private canary(props: SwitchyardAlarmsProps): Alarm {
    const silentSeconds = limits.canarySilentMs / 1_000;
    return new Alarm(this, "Canary", {
      alarmName: `switchyard-${props.stage}-canary`,
      alarmDescription:
        'The canary has not come back for a quarter of an hour, or nobody looks for it. What to do: docs/deploy.md, "Canary".',
      metric: this.own(props, "CanaryAgeSeconds", "Maximum"),
      threshold: silentSeconds,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Longer than a round of the watch, so that one that is a little late does not count as silence.
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      // Who watches the watch: if it is dead, there is no figure.
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  private own({ stage }: SwitchyardAlarmsProps, metricName: MetricName, statistic: string): Metric {
    const dimensionsMap = { Stage: stage };
    return new Metric({
      namespace: metricsNamespace,
      metricName,
      dimensionsMap,
      period,
      statistic,
    });
  }

  /** For what is only published when there is something to say. */
  private aboveNothing(
    { stage }: SwitchyardAlarmsProps,
    id: string,
    what: { readonly name: string; fault: string; section: string; readonly metric: Metric },
  ): Alarm {
    return new Alarm(this, id, {
      alarmName: `switchyard-${stage}-${what.name}`,
      alarmDescription: `${what.fault} What to do: docs/deploy.md, "${what.section}".`,
      metric: what.metric,
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
