import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

export interface SwitchyardAlarmsProps {
  readonly stage: string;
  /** Every dead-letter queue, by the short name that shows in the alarm's graph. */
  readonly deadLetters: Readonly<Record<string, IQueue>>;
  readonly timekeeper: IFunction;
  readonly topic: ITopic;
}

const period = Duration.minutes(5);

/**
 * The two things somebody must know of: work that was put aside, and a clock that stopped.
 *
 * One alarm watches the sum over all dead-letter queues. CloudWatch bills an alarm per metric, so
 * the sum costs what single alarms would, and half a dollar less than a composite of them; but there
 * is one thing to look at, and its graph shows which queue it is.
 */
export class SwitchyardAlarms extends Construct {
  constructor(scope: Construct, id: string, props: SwitchyardAlarmsProps) {
    super(scope, id);
    const action = new SnsAction(props.topic);
    const alarms = [this.deadLetters(props), this.silentTimekeeper(props)];
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
}
