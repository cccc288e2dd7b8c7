/** Marks functions that Switchyard may run, and log groups that its API may read. */
export const invocableTag = { key: "switchyard:invocable", value: "true" } as const;

/** On functions that a control plane deployed: which one, for whom. Only those are ever changed or removed. */
export const deployedTags = {
  managedBy: "switchyard:managed-by",
  tenant: "switchyard:tenant",
  function: "switchyard:function",
} as const;
