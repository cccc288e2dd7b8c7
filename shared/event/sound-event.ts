import * as z from "zod";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import type { BusEvent } from "./trigger.ts";

/** What an event must have, whoever brought it; the rest has defaults. */
const Sound = z.looseObject({
  id: z.string().min(1).max(512),
  source: z.string().min(1).max(256),
  "detail-type": z.string().min(1).max(512),
  detail: z.looseObject({}),
  time: z.string().max(64).catch(""),
  account: z.string().max(64).catch(""),
  region: z.string().max(64).catch(""),
  resources: z.array(z.string()).catch([]),
  "replay-name": z.string().min(1).max(256).optional(),
});

/** An event that may be looked into without fear, or why it is none. */
export function soundEvent(
  json: object,
): { readonly event: BusEvent } | { readonly reason: string } {
  // Before anything walks through it.
  if (isTooDeep(json as JsonObject)) return { reason: "it is nested too deep" };
  const read = Sound.safeParse(json);
  if (read.success) return { event: { ...read.data, version: "0" } as BusEvent };
  const [issue] = read.error.issues;
  return { reason: `its ${issue?.path.join(".") || "form"} is not that of an event` };
}

/** Without recursion, as that is what it guards. */
export function isTooDeep(value: JsonValue): boolean {
  let level: readonly JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.eventDepthMax) return true;
    level = level.flatMap((each) =>
      typeof each === "object" && each !== null ? Object.values(each) : [],
    );
  }
  return false;
}
