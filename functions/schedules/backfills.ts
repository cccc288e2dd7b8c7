import type { BackfillPlan } from "../../shared/contract/http/backfill-views.ts";
import { isoTime } from "../../shared/contract/http/iso-time.ts";
import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Store } from "../../shared/ports/store.ts";
import { firstCursorMs, rested, slotsBehind } from "../../shared/schedule/backfill.ts";
import { countFires, type FireRules } from "../../shared/schedule/fires.ts";
import type { Backfill, BackfillRequest } from "../../shared/schedule/schedule.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { firedSlots } from "../runtime/fired-slots.ts";
import { loadBackfill, putBackfill, wrote } from "../runtime/schedule-records.ts";
import { loadFireRules } from "../runtime/schedule-rules.ts";
import { getSchedule } from "./read-schedules.ts";
import { backfillNotFound, contendedSchedule } from "./schedule-rejections.ts";

/** Has a range of past slots worked off; it runs on by itself from here. */
export async function startBackfill(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  request: BackfillRequest,
): Promise<Backfill> {
  const { store, clock, ids, log } = engine;
  const { schedule, total, nowMs } = await rangeOf(engine, tenant, name, request);
  await refuseTooManyOpen(store, tenant, name);
  const backfill: Backfill = {
    tenant,
    schedule: name,
    id: ids.newId("bfl", nowMs),
    generation: schedule.generation,
    state: "running",
    request,
    spec: schedule.spec,
    anchorMs: schedule.anchorMs,
    cursorMs: firstCursorMs(request),
    open: [],
    total,
    fired: 0,
    leftOut: 0,
    refused: 0,
    succeeded: 0,
    failed: 0,
    wakeAtMs: clock.now(),
    createdAtMs: nowMs,
    createdBy: actor,
  };
  if (!(await wrote(store, [putBackfill(backfill, "absent")]))) {
    throw new RejectionError(contendedSchedule(name));
  }
  log.info("backfill begins", { schedule: name, backfill: backfill.id, slots: total });
  await engine.recordHints?.send([{ kind: "backfill", tenant, name, id: backfill.id }]);
  return backfill;
}

/** What a backfill would do; nothing is stored. */
export async function planBackfill(
  engine: Engine,
  tenant: string,
  name: string,
  request: BackfillRequest,
): Promise<BackfillPlan> {
  const { total, rules } = await rangeOf(engine, tenant, name, request);
  const stretch = { fromMs: Date.parse(request.from), toMs: Date.parse(request.to) - 1 };
  const fired = await firedSlots(engine.store, tenant, name, stretch);
  const shown = slotsBehind(rules, request, firstCursorMs(request), limits.backfillSlotsShownMax);
  const all = slotsBehind(rules, request, firstCursorMs(request), limits.backfillSlotsMax);
  const before = all.filter(({ nominalMs }) => fired.has(nominalMs)).length;
  const leftOut = request.slots === "all" ? 0 : before;
  return {
    dryRun: true,
    total,
    toRun: total - leftOut,
    leftOut,
    items: shown.map(({ nominalMs }) => ({
      nominalAt: isoTime(nominalMs),
      fired: fired.has(nominalMs),
    })),
  };
}

/** The backfill; throws a RejectionError when there is none. */
export async function getBackfill(
  store: Store,
  tenant: string,
  name: string,
  id: string,
): Promise<Backfill> {
  const loaded = await loadBackfill(store, tenant, name, id);
  if (loaded === undefined) throw new RejectionError(backfillNotFound(name, id));
  return loaded.backfill;
}

/** A schedule's backfills, newest first. */
export async function listBackfills(
  engine: Engine,
  tenant: string,
  name: string,
  query: PageQuery,
): Promise<{ readonly backfills: readonly Backfill[]; readonly nextCursor?: string }> {
  await getSchedule(engine.store, tenant, name);
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.backfill(tenant, name, "").pk,
      order: "descending",
      binding: { tenant, operation: "listBackfills", filters: { name } },
    },
    query,
  );
  return { backfills: records.map(({ body }) => body as unknown as Backfill), ...next };
}

/** Takes up no further slot; what was submitted goes on. Repeating it changes nothing. */
export async function cancelBackfill(
  { store, clock, log }: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  id: string,
): Promise<Backfill> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadBackfill(store, tenant, name, id);
    if (loaded === undefined) throw new RejectionError(backfillNotFound(name, id));
    if (loaded.backfill.state !== "running") return loaded.backfill;
    const cancelled = rested({ ...loaded.backfill, state: "cancelled" }, clock.now());
    if (!(await wrote(store, [putBackfill(cancelled, loaded.version)]))) continue;
    log.info("backfill cancelled", { schedule: name, backfill: id, actor });
    return cancelled;
  }
  throw new RejectionError(contendedSchedule(name));
}

async function rangeOf(engine: Engine, tenant: string, name: string, request: BackfillRequest) {
  const schedule = await getSchedule(engine.store, tenant, name);
  const nowMs = engine.clock.now();
  const [fromMs, toMs] = [Date.parse(request.from), Date.parse(request.to)];
  if (toMs > nowMs) {
    refuseRange(
      "/to",
      "the range ends in the future, where the schedule fires by itself",
      undefined,
    );
  }
  const rules: FireRules = await loadFireRules(engine, schedule, fromMs, toMs);
  const max = limits.backfillSlotsMax;
  const total = countFires(rules, fromMs - 1, toMs - 1, max + 1);
  if (total > max) {
    refuseRange("/from", `the range has more than ${max} slots`, "take several shorter ranges");
  }
  if (total === 0) {
    const isRate = rules.expression.kind === "rate";
    refuseRange(
      "/from",
      "the range has no slot",
      isRate ? `this rate counts from ${isoTime(schedule.anchorMs)}` : "preview the schedule",
    );
  }
  return { schedule, rules, total, nowMs };
}

async function refuseTooManyOpen(store: Store, tenant: string, name: string): Promise<void> {
  const found = await store.query({
    index: "primary",
    partition: keys.backfill(tenant, name, "").pk,
    order: "descending",
    limit: limits.storePageMax,
  });
  const records = await store.getMany(found.map(({ key }) => key));
  const open = records.filter(
    (record) => (record?.body as unknown as Backfill | undefined)?.state === "running",
  ).length;
  if (open < limits.backfillsOpenMax) return;
  throw new RejectionError({
    code: "limit_reached",
    detail: `the schedule ${name} has ${open} backfills under way, and no more are possible`,
    suggestion: "wait until one has finished, or cancel one",
  });
}

function refuseRange(pointer: string, detail: string, suggestion: string | undefined): never {
  throw new RejectionError({
    code: "invalid_field",
    detail,
    pointer,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}
