/** The namespace of our own metrics in CloudWatch. */
export const metricsNamespace = "Switchyard";

/** Every metric by the name that emitter and alarm share. */
export const metricUnits = {
  /** Schedules of which something was expected that is not so. */
  MissedSlots: "Count",
  OpenFindings: "Count",
  /** Seconds since the canary last succeeded. */
  CanaryAgeSeconds: "Seconds",
  /** Schedules and rules outside that a sweep found different from their records, and repaired. */
  MirrorDrift: "Count",
  /** Records that could not be mirrored outside. */
  MirrorFailures: "Count",
  /** Events that asked for an instance and got none, for good; each is also an event that says why. */
  EventsRefused: "Count",
  /** Messages of our queues that say nothing to anybody; counted each time they come. */
  MessagesUnreadable: "Count",
} as const;
export type MetricName = keyof typeof metricUnits;
