import { keys } from "../../shared/contract/keys.ts";
import { InvariantError, TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { isTerminal } from "../../shared/instance/moves.ts";
import {
  type EndedInstance,
  hasRoom,
  rested,
  slotsBehind,
  withEnded,
  withOpened,
  withoutInstance,
} from "../../shared/schedule/backfill.ts";
import type { FireRules } from "../../shared/schedule/fires.ts";
import type { Backfill, Slot } from "../../shared/schedule/schedule.ts";
import type { Engine } from "../runtime/engine.ts";
import { firedSlots } from "../runtime/fired-slots.ts";
import {
  type LoadedBackfill,
  loadBackfill,
  loadSchedule,
  putBackfill,
  putSlot,
  slotKey,
  slotSeed,
  wrote,
} from "../runtime/schedule-records.ts";
import { loadFireRules } from "../runtime/schedule-rules.ts";
import { submitSlot } from "../schedules/submit-slot.ts";

/** Slots are looked up in pages; those that were fired before are left out without a write each. */
const slotsPerPage = 100;
const pagesPerLookMax = 20;

/**
 * Re-reads a backfill, counts what has ended and takes up further slots as its concurrency allows, each
 * by one write. Harmless when repeated, late or pointless.
 */
export async function lookAtBackfill(
  engine: Engine,
  tenant: string,
  schedule: string,
  id: string,
): Promise<void> {
  const { store, clock } = engine;
  const loaded = await loadBackfill(store, tenant, schedule, id);
  if (loaded === undefined || loaded.backfill.state !== "running") return;
  const isOrphan = (await loadSchedule(store, tenant, schedule)) === undefined;
  const counted = withEnded(loaded.backfill, await endedOf(engine, loaded.backfill));
  const worked: LoadedBackfill | undefined = isOrphan
    ? { ...loaded, backfill: { ...counted, state: "cancelled" } }
    : await takeUpSlots(engine, { ...loaded, backfill: counted });
  // Somebody else looks at it, too, and was faster.
  if (worked === undefined) return;
  const next = rested(worked.backfill, clock.now());
  const isDue = (loaded.backfill.wakeAtMs ?? 0) <= clock.now();
  if (worked.backfill !== loaded.backfill || next.state !== "running" || isDue) {
    if (!(await wrote(store, [putBackfill(next, worked.version)]))) return;
  }
  if (next.state !== "running") {
    engine.log.info("backfill is over", { schedule, backfill: id, state: next.state });
  } else if (hasRoom(next)) {
    await engine.recordHints?.send([{ kind: "backfill", tenant, name: schedule, id }]);
  }
}

/** The backfill with its further slots; undefined when somebody else took one up meanwhile. */
async function takeUpSlots(
  engine: Engine,
  loaded: LoadedBackfill,
): Promise<LoadedBackfill | undefined> {
  const { tenant, schedule, request } = loaded.backfill;
  const [fromMs, toMs] = [Date.parse(request.from), Date.parse(request.to)];
  const rules = await loadFireRules(engine, { ...loaded.backfill, name: schedule }, fromMs, toMs);
  let at = loaded;
  let submitted = 0;
  for (let page = 0; page < pagesPerLookMax && hasRoom(at.backfill); page++) {
    const slots = slotsBehind(rules, request, at.backfill.cursorMs, slotsPerPage);
    if (slots.length === 0) return { ...at, backfill: { ...at.backfill, exhausted: true } };
    const nominals = slots.map(({ nominalMs }) => nominalMs);
    const stretch = { fromMs: Math.min(...nominals), toMs: Math.max(...nominals) };
    const fired =
      request.slots === "missing"
        ? await firedSlots(engine.store, tenant, schedule, stretch)
        : new Set<number>();
    for (const nominalMs of nominals) {
      if (!hasRoom(at.backfill)) return at;
      if (fired.has(nominalMs)) {
        at = { ...at, backfill: withoutInstance(at.backfill, nominalMs, "leftOut") };
        continue;
      }
      if (submitted === limits.slotsPerLook) return at;
      const next = await takeUp(engine, at, rules, nominalMs);
      if (next === undefined) return undefined;
      at = next;
      submitted += 1;
    }
  }
  return at;
}

async function takeUp(
  engine: Engine,
  { backfill, version }: LoadedBackfill,
  rules: FireRules,
  nominalMs: number,
): Promise<LoadedBackfill | undefined> {
  const { tenant, schedule, id: backfillId, generation, spec, request } = backfill;
  // A slot that was never fired gets the instance that it would have had in time.
  const of = request.slots === "missing" ? generation : backfillId;
  const id = engine.ids.derivedInstanceId(tenant, slotSeed(schedule, of, nominalMs));
  const atMs = engine.clock.now();
  const slot = { generation, nominalMs, backfill: backfillId, atMs } as const;
  const result = await submitSlot(engine, {
    tenant,
    schedule,
    spec,
    rules,
    id,
    origin: { generation, nominalAtMs: nominalMs, backfill: backfillId },
    extra: (instanceId) => [
      putSlot(tenant, schedule, { ...slot, outcome: "fired", instanceId }),
      putBackfill(withOpened(backfill, nominalMs, instanceId), version),
    ],
  });
  if (result.outcome === "accepted" && !result.repeated) {
    const opened = withOpened(backfill, nominalMs, result.instance.id);
    return { backfill: opened, version: version + 1 };
  }
  if (result.outcome === "planned") throw new InvariantError(`${backfillId} was only planned`);
  if (result.outcome === "rejected") {
    const { code, detail } = result.rejection;
    if (code === "unavailable" || code === "internal_error") throw new TransientError(detail);
    const refused: Slot = { ...slot, outcome: "missed", reason: `${code}: ${detail}` };
    const after = withoutInstance(backfill, nominalMs, "refused");
    const changes = [putSlot(tenant, schedule, refused), putBackfill(after, version)];
    return (await wrote(engine.store, changes))
      ? { backfill: after, version: version + 1 }
      : undefined;
  }
  // The schedule itself has fired the slot meanwhile, or another look at this backfill has.
  const present = await loadBackfill(engine.store, tenant, schedule, backfillId);
  if (present?.version !== version) return undefined;
  // Refused for a write that came to nothing: the slot is still free, and the next look takes it up.
  const known = await engine.store.get(slotKey(tenant, schedule, { ...slot, outcome: "fired" }));
  if (result.outcome === "overtaken" && known === undefined) return undefined;
  return { backfill: withoutInstance(backfill, nominalMs, "leftOut"), version };
}

/** Instances that are gone ended long ago, and nobody knows how. */
async function endedOf(
  { store }: Engine,
  { tenant, open }: Backfill,
): Promise<readonly EndedInstance[]> {
  if (open.length === 0) return [];
  const records = await store.getMany(open.map((each) => keys.instance(tenant, each.instanceId)));
  return open.flatMap(({ instanceId }, place) => {
    const instance = records[place]?.body as Instance | undefined;
    if (instance !== undefined && !isTerminal(instance.state)) return [];
    return [{ instanceId, succeeded: instance?.state === "succeeded" }];
  });
}
