import { type MetricName, metricsNamespace, metricUnits } from "../../shared/contract/metrics.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Metrics } from "../../shared/ports/metrics.ts";

/**
 * Metrics as lines of the log that CloudWatch reads them from, in its embedded metric format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 * No call, no right and no wait is needed for it.
 */
export function openEmfMetrics({
  clock,
  write,
}: {
  readonly clock: Clock;
  readonly write: (line: string) => void;
}): Metrics {
  return {
    put(values) {
      const names = (Object.keys(values) as MetricName[]).filter(
        (name) => values[name] !== undefined,
      );
      if (names.length === 0) return;
      const Metrics = names.map((Name) => ({ Name, Unit: metricUnits[Name] }));
      const _aws = {
        Timestamp: clock.now(),
        CloudWatchMetrics: [{ Namespace: metricsNamespace, Dimensions: [[]], Metrics }],
      };
      write(`${JSON.stringify({ _aws, ...values })}\n`);
    },
  };
}
