import { keys } from "../../shared/contract/keys.ts";
import { TerminalError, TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Trigger } from "../../shared/event/trigger.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { MirrorOutcome, Mirrors } from "../../shared/ports/mirror.ts";
import type { Key, Store, StoredRecord } from "../../shared/ports/store.ts";
import { earlierWake, mirrorWakeAtMs } from "../../shared/schedule/mirrored.ts";
import type { Mirrored, Schedule } from "../../shared/schedule/schedule.ts";
import { noteWatchedTenant } from "../runtime/watched-tenants.ts";

export interface MirrorDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly mirrors: Mirrors;
}

export interface MirroredRecord {
  readonly of: keyof Mirrors;
  readonly tenant: string;
  readonly name: string;
}

/** Tries at the outside that fail for reasons of the world, before somebody is told. */
const quietTries = 2;

export type MirrorResult =
  | MirrorOutcome
  /** The world failed; the record's wake brings it again. */
  | { readonly outcome: "unreached"; readonly reason: string; readonly tries: number };

/** Mirrors several records one after the other, and counts those that somebody must be told of. */
export async function mirrorRecords(
  deps: MirrorDeps,
  records: readonly MirroredRecord[],
): Promise<number> {
  let failures = 0;
  for (const record of records) {
    await noteWatchedTenant(deps.store, record.tenant);
    if (isFailure(await mirrorRecord(deps, record))) failures += 1;
  }
  return failures;
}

/** A service that does not answer for a moment is nobody's business. */
export function isFailure(result: MirrorResult): boolean {
  return (
    result.outcome === "refused" || (result.outcome === "unreached" && result.tries > quietTries)
  );
}

/**
 * Brings the outside in line with one record, or with there being none, and writes into the record
 * what came of it. Whoever changed the record meanwhile has it done again: otherwise a slow call
 * could leave the outside with what was true before. `notesTime` writes down when it was found to be
 * in order, although nothing was to be done.
 */
export async function mirrorRecord(
  deps: MirrorDeps,
  record: MirroredRecord,
  notesTime = false,
): Promise<MirrorResult> {
  const key = keys[record.of](record.tenant, record.name);
  let first: MirrorResult | undefined;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await deps.store.get(key);
    const result = await reconcile(deps, record, present);
    logResult(deps, record, result);
    if (first === undefined || first.outcome === "same") first = result;
    if (await isSettled(deps, key, record.of, present, result, notesTime)) return first;
  }
  const reason = "the record kept changing while it was mirrored";
  deps.log.warn("mirror gave up after lost races", { of: record.of, name: record.name });
  return { outcome: "unreached", reason, tries: 0 };
}

async function reconcile(
  { mirrors }: MirrorDeps,
  { of, tenant, name }: MirroredRecord,
  present: StoredRecord | undefined,
): Promise<MirrorResult> {
  const body: unknown = present?.body;
  try {
    // The key says which of the two it is.
    return of === "schedule"
      ? await mirrors.schedule.reconcile(tenant, name, body as Schedule | undefined)
      : await mirrors.trigger.reconcile(tenant, name, body as Trigger | undefined);
  } catch (error) {
    if (error instanceof TerminalError) return { outcome: "refused", reason: error.message };
    if (!(error instanceof TransientError)) throw error;
    const before = (body as { readonly mirror?: Mirrored } | undefined)?.mirror;
    const tries = (before?.state === "pending" ? (before.tries ?? 0) : 0) + 1;
    return { outcome: "unreached", reason: error.message, tries };
  }
}

/** False when the record is not what it was when the outside was told. */
async function isSettled(
  { store, clock }: MirrorDeps,
  key: Key,
  of: keyof Mirrors,
  present: StoredRecord | undefined,
  result: MirrorResult,
  notesTime: boolean,
): Promise<boolean> {
  if (present === undefined) return (await store.get(key)) === undefined;
  const body = present.body as unknown as Schedule | Trigger;
  const isKnown = body.mirror?.state === "in_sync" && !notesTime;
  if (isKnown && result.outcome === "same") return true;
  const mirror = mirroredAs(result, clock.now());
  const { wakeAtMs: before, ...rest } = body;
  const asked = mirrorWakeAtMs(mirror);
  // A schedule is also looked at for its slots; a trigger only for this.
  const wakeAtMs = of === "schedule" ? earlierWake(before, asked) : asked;
  const next = { ...rest, mirror, ...(wakeAtMs === undefined ? {} : { wakeAtMs }) };
  const written = await store.write([
    { kind: "put", expect: present.version, record: { key, type: of, body: next } },
  ]);
  return written.outcome === "wrote";
}

function mirroredAs(result: MirrorResult, atMs: number): Mirrored {
  switch (result.outcome) {
    case "same":
    case "changed":
      return { state: "in_sync", atMs };
    case "refused":
      return { state: "failed", atMs, error: result.reason };
    case "unreached":
      return { state: "pending", atMs, tries: result.tries, error: result.reason };
  }
}

function logResult(
  { log }: MirrorDeps,
  { of, tenant, name }: MirroredRecord,
  result: MirrorResult,
): void {
  switch (result.outcome) {
    case "same":
      return;
    case "changed": {
      const { what, differences } = result;
      log.info("mirrored", { of, tenant, name, what, differences: differences.join(",") });
      return;
    }
    case "refused":
      log.error("mirror refused", { of, tenant, name, reason: result.reason });
      return;
    case "unreached":
      log.warn("mirror not reached; it is tried again", {
        of,
        tenant,
        name,
        reason: result.reason,
      });
  }
}
