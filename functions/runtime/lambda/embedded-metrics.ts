import {
  type MetricName,
  metricsNamespace,
  metricUnits,
} from "../../../shared/contract/metrics.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { Metrics } from "../../../shared/ports/metrics.ts";

export interface EmbeddedMetricsOptions {
  readonly stage: string;
  readonly clock: Clock;
  readonly write: (line: string) => void;
}

/**
 * Metrics as lines of the log in CloudWatch's embedded metric format: no call, no right and no wait;
 * whoever has the log has the metric. Counts of nothing are left out: a metric bills by the hours in
 * which it has values.
 */
export function openEmbeddedMetrics({ stage, clock, write }: EmbeddedMetricsOptions): Metrics {
  return {
    put(values) {
      const said = (Object.keys(values) as MetricName[]).filter(
        (name) => metricUnits[name] !== "Count" || values[name] !== 0,
      );
      if (said.length === 0) return;
      const description = {
        Namespace: metricsNamespace,
        Dimensions: [["Stage"]],
        Metrics: said.map((Name) => ({ Name, Unit: metricUnits[Name] })),
      };
      const figures = Object.fromEntries(said.map((name) => [name, values[name]]));
      const _aws = { Timestamp: clock.now(), CloudWatchMetrics: [description] };
      write(`${JSON.stringify({ _aws, Stage: stage, ...figures })}\n`);
    },
  };
}
