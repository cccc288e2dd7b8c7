/** The namespace of our own metrics in CloudWatch. */
export const metricsNamespace = "Switchyard";

/** Every metric by the name that emitter and alarm share. */
export const metricUnits = {
  /** Schedules of which something was expected that is not so. */
  MissedSlots: "Count",
  OpenFindings: "Count",
  /** Seconds since the canary last succeeded. */
  CanaryAgeSeconds: "Seconds",
} as const;
export type MetricName = keyof typeof metricUnits;
