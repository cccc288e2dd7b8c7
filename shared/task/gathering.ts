import * as z from "zod";
import type { Rejection } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { KeyPath } from "../core/path-expression.ts";

/** What happens to a submission while another instance of the same key is open. */
export const Singleton = z.strictObject({
  key: KeyPath.optional(),
  /** `return` answers with the open one, `refuse` with 409, `replace` cancels the open one. */
  onConflict: z.enum(["return", "refuse", "replace"]).default("return"),
});
export type Singleton = z.infer<typeof Singleton>;

/**
 * `debounce` waits until nothing has come for so long and runs the newest input; `batch` runs all
 * inputs of so much time as one list.
 */
export const Gathering = z.discriminatedUnion("mode", [
  z.strictObject({
    mode: z.literal("debounce"),
    seconds: z.number().min(1).max(limits.gatherSecondsMax),
    /** However busy it is, it starts so long after the first one came. Default: an hour. */
    maxSeconds: z.number().min(1).max(limits.gatherSecondsMax).optional(),
    key: KeyPath.optional(),
  }),
  z.strictObject({
    mode: z.literal("batch"),
    seconds: z.number().min(1).max(limits.gatherSecondsMax),
    /** A full batch starts at once. */
    max: z.int().min(2).max(limits.gatherItemsMax).default(100),
    key: KeyPath.optional(),
  }),
]);
export type Gathering = z.infer<typeof Gathering>;

/** What a task says of singleton and gathering that cannot be meant; undefined when all is well. */
export function gatheringProblem({
  singleton,
  gather,
  totalTimeoutSeconds = Infinity,
}: {
  readonly singleton?: Singleton | undefined;
  readonly gather?: Gathering | undefined;
  readonly totalTimeoutSeconds?: number | undefined;
}): Rejection | undefined {
  if (gather === undefined) return undefined;
  if (singleton !== undefined) {
    return {
      code: "invalid_field",
      pointer: "/singleton",
      detail: "a task cannot both gather submissions and refuse a second instance",
      suggestion: 'to run gathered instances one after another, use "concurrency": {"max": 1}',
    };
  }
  if (gather.mode === "debounce" && (gather.maxSeconds ?? Infinity) < gather.seconds) {
    return {
      code: "invalid_field",
      pointer: "/gather/maxSeconds",
      detail: `maxSeconds (${gather.maxSeconds}) is less than seconds (${gather.seconds})`,
      suggestion: "choose a larger maxSeconds, or leave it out",
    };
  }
  if (gather.seconds >= totalTimeoutSeconds) {
    return {
      code: "invalid_field",
      pointer: "/gather/seconds",
      detail: `an instance gathers for ${gather.seconds} s, but its total time is over after ${totalTimeoutSeconds} s`,
      suggestion: "choose a larger totalTimeoutSeconds: gathering counts, too",
    };
  }
  return undefined;
}
