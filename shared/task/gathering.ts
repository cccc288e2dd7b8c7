import * as z from "zod";
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
    /** However busy it is, it starts after so long. */
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
