import { justAfter, keys, paddedNumber } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Symptom } from "../../shared/finding/finding.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Holidays } from "../../shared/ports/holidays.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Store } from "../../shared/ports/store.ts";
import { brokenExpectations } from "../../shared/schedule/expected.ts";
import { fireAt } from "../../shared/schedule/fires.ts";
import type { Schedule, Slot } from "../../shared/schedule/schedule.ts";
import { slotOrder } from "../../shared/schedule/slot-order.ts";
import { markOf } from "../../shared/schedule/slot-times.ts";
import { loadFireRules } from "../runtime/schedule-rules.ts";

export interface SlotWatchDeps {
  readonly store: Store;
  readonly log: Log;
  readonly holidays?: Holidays;
}

/** What is not as expected among a tenant's schedules. */
export interface SlotFindings {
  readonly symptoms: readonly Symptom[];
  /** Names of the schedules of which nothing can be said: what was known of them stays. */
  readonly unclear: ReadonlySet<string>;
}

const schedulesAtOnce = 20;
/** Slots around a deadline: the newest that should have done it, and some in case it made nothing. */
const slotsAtDeadline = 3;

/**
 * Compares what a tenant's schedules say with what has become of them. Reads their records only: it
 * needs neither the wake index nor anything that those who fire slots have worked out.
 */
export async function findMissedSlots(
  deps: SlotWatchDeps,
  tenant: string,
  nowMs: number,
): Promise<SlotFindings> {
  const symptoms: Symptom[] = [];
  const unclear = new Set<string>();
  for await (const schedules of schedulePages(deps.store, tenant)) {
    for (let at = 0; at < schedules.length; at += schedulesAtOnce) {
      const part = schedules.slice(at, at + schedulesAtOnce);
      const found = await Promise.all(part.map((schedule) => examine(deps, schedule, nowMs)));
      for (const [place, each] of found.entries()) {
        if (each !== undefined) symptoms.push(...each);
        else unclear.add(part[place]?.name ?? "");
      }
    }
  }
  return { symptoms, unclear };
}

async function* schedulePages(store: Store, tenant: string): AsyncGenerator<readonly Schedule[]> {
  let from: string | undefined;
  for (;;) {
    const page = await store.query({
      index: "primary",
      partition: keys.schedule(tenant, "").pk,
      ...(from === undefined ? {} : { from }),
      order: "ascending",
      limit: limits.storePageMax,
    });
    const records = await store.getMany(page.map(({ key }) => key));
    yield records.flatMap((record) =>
      record === undefined ? [] : [record.body as unknown as Schedule],
    );
    const last = page.at(-1);
    if (last === undefined || page.length < limits.storePageMax) return;
    from = justAfter(last.sort);
  }
}

/** One schedule that cannot be examined must not hide what is wrong with the others. */
async function examine(
  deps: SlotWatchDeps,
  schedule: Schedule,
  nowMs: number,
): Promise<readonly Symptom[] | undefined> {
  try {
    return await symptomsOf(deps, schedule, nowMs);
  } catch (error) {
    deps.log.error("schedule could not be examined; what is known of it stays", {
      schedule: schedule.name,
      cause: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
}

async function symptomsOf(
  { store, holidays }: SlotWatchDeps,
  schedule: Schedule,
  nowMs: number,
): Promise<readonly Symptom[]> {
  // Nobody expects anything of it.
  if (schedule.state === "paused") return [];
  const oldestMs = Math.min(nowMs, schedule.handledMs, ...schedule.recent.map(nominalOf));
  const engine = { store, ...(holidays === undefined ? {} : { holidays }) };
  const rules = await loadFireRules(engine, schedule, oldestMs, nowMs);
  const slots = [...schedule.recent, ...(await slotsAtDeadlines(store, schedule, nowMs))];
  const instances = await instancesOf(store, schedule, slots);
  const broken = brokenExpectations({
    schedule,
    slots,
    instances,
    next: slotOrder(rules, schedule.sinceMs).next(markOf(schedule)),
    dueMsOf: (nominalMs) => fireAt(rules, nominalMs)?.effectiveMs ?? nominalMs,
    nowMs,
  });
  return broken.map(({ kind, nominalMs, message, instanceId, mendedAtMs }) => ({
    kind,
    subject: schedule.name,
    message,
    atMs: nominalMs,
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(mendedAtMs === undefined ? {} : { mendedAtMs }),
  }));
}

function nominalOf({ nominalMs }: Slot): number {
  return nominalMs;
}

/** A schedule keeps its newest slots only: those of longer deadlines are records of their own. */
async function slotsAtDeadlines(
  store: Store,
  { tenant, name, spec }: Schedule,
  nowMs: number,
): Promise<readonly Slot[]> {
  const deadlines = [spec.startWithinSeconds, spec.succeedWithinSeconds];
  const found = await Promise.all(
    deadlines.map(async (seconds) => {
      if (seconds === undefined) return [];
      const untilMs = nowMs - seconds * 1_000;
      const page = await store.query({
        index: "primary",
        partition: keys.slot(tenant, name, 0, "").pk,
        // Below are marks that are no slots.
        from: paddedNumber(1, 14),
        to: paddedNumber(untilMs + 1, 14),
        order: "descending",
        limit: slotsAtDeadline,
      });
      return store.getMany(page.map(({ key }) => key));
    }),
  );
  return found.flat().flatMap((record) => {
    return record === undefined ? [] : [record.body as unknown as Slot];
  });
}

async function instancesOf(
  store: Store,
  { tenant, spec }: Schedule,
  slots: readonly Slot[],
): Promise<ReadonlyMap<string, Instance>> {
  const { startWithinSeconds, succeedWithinSeconds } = spec;
  if (startWithinSeconds === undefined && succeedWithinSeconds === undefined) return new Map();
  const ids = new Set(slots.flatMap(({ instanceId }) => instanceId ?? []));
  const records = await store.getMany([...ids].map((id) => keys.instance(tenant, id)));
  return new Map(
    records.flatMap((record) => {
      const instance = record?.body as unknown as Instance | undefined;
      return instance === undefined ? [] : [[instance.id, instance] as const];
    }),
  );
}
