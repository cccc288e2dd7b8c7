import { justAfter, keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Trigger } from "../../shared/event/trigger.ts";
import type { MirroredItem, Mirrors } from "../../shared/ports/mirror.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { watchedTenants } from "../runtime/watched-tenants.ts";
import { isFailure, type MirrorDeps, type MirroredRecord, mirrorRecord } from "./mirror-record.ts";

export interface Swept {
  /** Records and things outside that were compared. */
  readonly compared: number;
  /** What was missing, different or too much outside although it had been in order, and was repaired. */
  readonly drift: number;
  readonly failures: number;
  /** Things in our place that are not ours; they are left alone. */
  readonly foreign: number;
  /** False when there was more to look into than one sweep may; the next one goes on. */
  readonly complete: boolean;
}

interface Suspect {
  readonly record: MirroredRecord;
  /** Nobody has changed the record since it was found to be in order. */
  readonly wasInSync: boolean;
}

/** Compares everything that is mirrored with what is outside, and repairs what is not in line. */
export async function sweep(deps: MirrorDeps, defaultTenant: string): Promise<Swept> {
  const tenants = new Set([defaultTenant, ...(await watchedTenants(deps.store))]);
  const parts = [
    await sweepOne(deps, "schedule", tenants),
    await sweepOne(deps, "trigger", tenants),
  ];
  const sum = (field: "compared" | "drift" | "failures" | "foreign"): number =>
    parts.reduce((total, part) => total + part[field], 0);
  const swept: Swept = {
    compared: sum("compared"),
    drift: sum("drift"),
    failures: sum("failures"),
    foreign: sum("foreign"),
    complete: parts.every(({ complete }) => complete),
  };
  deps.log.info("mirrors compared", { ...swept });
  return swept;
}

async function sweepOne(
  deps: MirrorDeps,
  of: keyof Mirrors,
  known: ReadonlySet<string>,
): Promise<Swept> {
  const { items, foreign } = await listed(deps, of);
  const tenants = new Set([...known, ...[...items.values()].map(({ tenant }) => tenant)]);
  const suspects: Suspect[] = [];
  let compared = items.size;
  for (const tenant of tenants) {
    for await (const body of recordsOf(deps, of, tenant)) {
      const name = `${tenant}/${body.name}`;
      const item = items.get(name);
      items.delete(name);
      if (item === undefined) compared += 1;
      if (!isSuspect(of, body, item)) continue;
      suspects.push({
        record: { of, tenant, name: body.name },
        wasInSync: isInSync(body) && !isOver(body),
      });
    }
  }
  // Nothing asks for what is left; a record that was made since is found when it is looked at.
  for (const { tenant, name } of items.values()) {
    suspects.push({ record: { of, tenant, name }, wasInSync: true });
  }
  const repaired = await repair(deps, suspects.slice(0, limits.mirrorRepairsPerSweepMax));
  const complete = suspects.length <= limits.mirrorRepairsPerSweepMax;
  return { compared, ...repaired, foreign, complete };
}

async function listed(deps: MirrorDeps, of: keyof Mirrors) {
  const items = new Map<string, MirroredItem>();
  let foreign = 0;
  let cursor: string | undefined;
  do {
    const page = await deps.mirrors[of].page(cursor);
    for (const item of page.items) items.set(`${item.tenant}/${item.name}`, item);
    foreign += page.foreign.length;
    cursor = page.next;
  } while (cursor !== undefined);
  if (foreign > 0) deps.log.warn("things of others among the mirrored ones", { of, foreign });
  return { items, foreign };
}

async function* recordsOf(
  { store }: MirrorDeps,
  of: keyof Mirrors,
  tenant: string,
): AsyncGenerator<Schedule | Trigger> {
  let from: string | undefined;
  for (;;) {
    const candidates = await store.query({
      index: "primary",
      partition: keys[of](tenant, "").pk,
      ...(from === undefined ? {} : { from }),
      order: "ascending",
      limit: limits.timekeeperPageSize,
    });
    const records = await store.getMany(candidates.map(({ key }) => key));
    for (const record of records) {
      if (record !== undefined) yield record.body as unknown as Schedule | Trigger;
    }
    const last = candidates.at(-1);
    if (last === undefined || candidates.length < limits.timekeeperPageSize) return;
    from = justAfter(last.sort);
  }
}

function isInSync({ mirror, updatedAtMs }: Schedule | Trigger): boolean {
  return mirror?.state === "in_sync" && mirror.atMs >= updatedAtMs;
}

function isOver(body: Schedule | Trigger): boolean {
  return "state" in body && body.state === "completed";
}

/**
 * Whether a record has to be compared in full: lists of schedules say only when each was changed, and
 * nothing about what it does; lists of rules say nothing about their targets.
 */
function isSuspect(
  of: keyof Mirrors,
  body: Schedule | Trigger,
  item: MirroredItem | undefined,
): boolean {
  if (of === "trigger") return true;
  if (item === undefined) return !isOver(body);
  if (isOver(body) || body.mirror === undefined || !isInSync(body)) return true;
  const { changedAtMs } = item;
  return changedAtMs === undefined || changedAtMs > body.mirror.atMs - limits.mirrorClockSkewMs;
}

async function repair(deps: MirrorDeps, suspects: readonly Suspect[]) {
  let drift = 0;
  let failures = 0;
  for (const { record, wasInSync } of suspects) {
    // Its time of being in order is what the next sweep compares times of schedules with.
    const result = await mirrorRecord(deps, record, record.of === "schedule");
    if (result.outcome === "changed" && wasInSync) {
      drift += 1;
      deps.log.warn("a mirror had drifted and was repaired", { ...record, what: result.what });
    }
    if (isFailure(result)) failures += 1;
  }
  return { drift, failures };
}
