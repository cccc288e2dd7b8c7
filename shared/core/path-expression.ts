import * as z from "zod";
import type { JsonValue } from "./json.ts";
import { limits } from "./limits.ts";
import { stableHash } from "./stable-hash.ts";

const pathForm = /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+|\[\d{1,4}\])*$/;

/** Where a key is found in a submission: `input.customer.id`, `tags.region`, `input.items[0]`. */
export const KeyPath = z
  .string()
  .max(limits.keyPathCharsMax)
  .regex(
    pathForm,
    'must be a path such as "input.customer.id", "tags.region" or "config.shard", with [n] for list places',
  )
  .refine((path) => /^(input|tags|config)\b/.test(path), {
    error: 'must begin with "input", "tags" or "config"',
  });

/** The value at a path, or undefined where there is none; inherited properties do not count. */
export function valueAtPath(root: unknown, path: string): JsonValue | undefined {
  let value: unknown = root;
  for (const step of path.replaceAll(/\[(\d+)\]/g, ".$1").split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[step];
  }
  return value as JsonValue | undefined;
}

/**
 * A text for parts of keys that is the same for equal values and different for others: short plain
 * values stay readable. Whatever is absent shares the key "-".
 */
export function keyOfValue(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "-";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[A-Za-z0-9_.@-]{1,63}$/.test(text) && text !== "-" ? text : `~${stableHash(text, 4)}`;
}
