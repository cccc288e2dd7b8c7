import type { MetricName } from "../contract/metrics.ts";

/** Takes measurements of this moment. */
export interface Metrics {
  put(values: Readonly<Partial<Record<MetricName, number>>>): void;
}
