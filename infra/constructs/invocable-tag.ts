/** Marks functions that Switchyard may run, and log groups that its API may read. */
export const invocableTag = { key: "switchyard:invocable", value: "true" } as const;
