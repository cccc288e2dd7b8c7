/** Physical names in EventBridge that functions and policies agree on, each with the stage in it. */
export const timeNames = {
  /** The group of EventBridge Scheduler that holds the mirrored schedules and nothing else. */
  scheduleGroup: (stage: string) => `switchyard-${stage}`,
  /** Rules of triggers start with this; CloudFormation gives no name with a dot in it. */
  rulePrefix: (stage: string) => `switchyard-${stage}.`,
} as const;
