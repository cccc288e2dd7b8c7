import type { IndexName } from "../ports/store.ts";

/** Attribute names of the DynamoDB table: short, because every byte of an item is paid for. */
export const tableAttributes = {
  partition: "pk",
  sort: "sk",
  type: "t",
  version: "v",
  body: "b",
  /** Epoch seconds, for the table's time to live. */
  expires: "x",
} as const;

/** The sparse KEYS_ONLY indexes: index name in the table and its two key attributes. */
export const tableIndexes = {
  wake: { name: "wake", partition: "wp", sort: "ws" },
  task: { name: "task", partition: "tp", sort: "ts" },
  group: { name: "group", partition: "gp", sort: "gs" },
  queue: { name: "queue", partition: "qp", sort: "qs" },
} as const satisfies Record<IndexName, { name: string; partition: string; sort: string }>;
