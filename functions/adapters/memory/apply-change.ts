import { assert, InvariantError } from "../../../shared/core/errors.ts";
import type { JsonObject } from "../../../shared/core/json.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Change, Expectation, Key, StoredRecord } from "../../../shared/ports/store.ts";

/** What `applyChange` answers when the change's expectation does not hold. */
export const lost = Symbol("lost");

/**
 * What a change makes of the present record: the next record, undefined when it is gone, the
 * present one for a check that holds, or `lost`. The one meaning of changes for local adapters.
 */
export function applyChange(
  change: Change,
  current: StoredRecord | undefined,
): StoredRecord | undefined | typeof lost {
  switch (change.kind) {
    case "put": {
      if (!holds(change.expect, current)) return lost;
      const { key, type, body, expiresAtMs } = change.record;
      return record(key, type, (current?.version ?? 0) + 1, body, expiresAtMs);
    }
    case "delete":
      return holds(change.expect, current) ? undefined : lost;
    case "check":
      return holds(change.expect, current) ? current : lost;
    case "add": {
      const body = added(change, current);
      if (body === undefined) return lost;
      const { key, type, expiresAtMs = current?.expiresAtMs } = change;
      return record(key, type, (current?.version ?? 0) + 1, body, expiresAtMs);
    }
  }
}

/** The key a change is about. */
export function keyOf(change: Change): Key {
  return change.kind === "put" ? change.record.key : change.key;
}

/** One text per key; keys hold no NUL, so no two keys share it, and it sorts by pk, then sk. */
export function keyText(key: Key): string {
  return `${key.pk}\u0000${key.sk}`;
}

/** Refuses writes that no adapter takes: too many changes, or two of one record. */
export function assertWritable(changes: readonly Change[]): void {
  if (changes.length < 2) return;
  assert(
    changes.length <= limits.changesPerWriteMax,
    `a write has ${changes.length} changes; at most ${limits.changesPerWriteMax} are allowed`,
  );
  const seen = new Set<string>();
  for (const change of changes) {
    const text = keyText(keyOf(change));
    if (seen.has(text)) {
      throw new InvariantError(`a write has two changes of the record ${JSON.stringify(text)}`);
    }
    seen.add(text);
  }
}

function holds(expect: Expectation, current: StoredRecord | undefined): boolean {
  return expect === "absent" ? current === undefined : current?.version === expect;
}

function record(
  key: Key,
  type: StoredRecord["type"],
  version: number,
  body: object,
  expiresAtMs: number | undefined,
): StoredRecord {
  // Bodies are JSON by the port's contract; their static types only differ by record type.
  const json = body as JsonObject;
  return expiresAtMs === undefined
    ? { key, type, version, body: json }
    : { key, type, version, body: json, expiresAtMs };
}

/** The body with the sums in it, or undefined when one of them is out of bounds. */
function added(
  change: Extract<Change, { kind: "add" }>,
  current: StoredRecord | undefined,
): JsonObject | undefined {
  const body: Record<string, JsonObject[string]> = { ...current?.body };
  for (const [field, amount] of Object.entries(change.amounts)) {
    const present = Object.hasOwn(body, field) ? body[field] : 0;
    if (typeof present !== "number") {
      const of = JSON.stringify(change.key);
      throw new InvariantError(`cannot add to the field "${field}" of ${of}: it is not a number`);
    }
    const sum = present + amount;
    const bound = change.bounds?.[field];
    if (bound?.min !== undefined && sum < bound.min) return undefined;
    if (bound?.max !== undefined && sum > bound.max) return undefined;
    body[field] = sum;
  }
  return body;
}
