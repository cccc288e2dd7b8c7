import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { waitingForOf } from "../../shared/limit/gate-names.ts";
import type { Rate } from "../../shared/limit/limit.ts";
import {
  burstOf,
  intervalMsOf,
  type RateRecord,
  startAtMs,
} from "../../shared/limit/token-bucket.ts";
import type { RecordHint } from "../../shared/ports/record-hints.ts";
import type { Engine } from "../runtime/engine.ts";
import { type RateRead, ratePut } from "./gate-records.ts";
import { firstWaiters } from "./line.ts";

/**
 * Sees to it that the line of a rate is looked at while somebody waits there. Whoever comes first
 * writes it down; when that is lost to another writer, the next waiter does.
 */
export async function watchLine(
  { store, clock, recordHints }: Engine,
  tenant: string,
  { gate, record, version }: RateRead,
): Promise<void> {
  const nowMs = clock.now();
  const lateMs = nowMs - limits.rateLineEveryMs;
  if (record?.wakeAtMs !== undefined && record.wakeAtMs > lateMs) return;
  const wakeAtMs = nowMs + everyMs(gate.rate, limits.linePageSize);
  const body: RateRecord = {
    evenlyAtMs: nowMs,
    ...record,
    gate: gate.gate,
    rate: gate.rate,
    wakeAtMs,
  };
  const written = await store.write([ratePut(tenant, body, version)]);
  if (written.outcome === "lost") return;
  await recordHints?.send([lookAgain(tenant, gate.gate, wakeAtMs)]);
}

/**
 * Tells those who wait at a rate when to come: a hint for each of the coming starts, so that however
 * long the line is, nobody in it looks in vain. Ends when the line is empty.
 */
export async function lookAtRateLine(engine: Engine, tenant: string, gate: string): Promise<void> {
  const { store, clock } = engine;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const found = await store.get(keys.rate(tenant, gate));
    const record = found?.body as unknown as RateRecord | undefined;
    const nowMs = clock.now();
    if (found === undefined || record?.wakeAtMs === undefined || nowMs < record.wakeAtMs) return;
    const { rate } = record;
    const wanted = startsWithinHorizon(rate);
    const line = await firstWaiters(store, tenant, waitingForOf("rate", gate), wanted);
    const { wakeAtMs: _, ...idle } = record;
    const wakeAtMs = nowMs + everyMs(rate, wanted);
    const next: RateRecord = line.length > 0 ? { ...record, wakeAtMs } : idle;
    const written = await store.write([ratePut(tenant, next, found.version)]);
    if (written.outcome === "wrote") {
      await tell(engine, tenant, next, line);
      return;
    }
  }
  engine.log.info("line of a rate kept changing; the next tick comes back to it", { gate });
}

async function tell(
  { clock, hints, recordHints }: Engine,
  tenant: string,
  record: RateRecord,
  line: readonly string[],
): Promise<void> {
  if (line.length === 0 || record.wakeAtMs === undefined) return;
  const nowMs = clock.now();
  await hints.send(
    line.map((instanceId, before) => ({
      tenant,
      instanceId,
      notBeforeMs: startAtMs(record.rate, record, nowMs, before),
    })),
  );
  await recordHints?.send([lookAgain(tenant, record.gate, record.wakeAtMs)]);
}

function lookAgain(tenant: string, gate: string, notBeforeMs: number): RecordHint {
  return { kind: "gate", tenant, name: gate, id: keys.rate(tenant, gate).sk, notBeforeMs };
}

function startsWithinHorizon(rate: Rate): number {
  const ahead = Math.ceil(limits.timekeeperHorizonMs / intervalMsOf(rate));
  return Math.min(limits.rateLineHintsMax, ahead + burstOf(rate));
}

/** Before so many starts are used up, and at least once a minute. */
function everyMs(rate: Rate, starts: number): number {
  const usedUpMs = Math.floor((intervalMsOf(rate) * starts) / 2);
  return Math.min(limits.rateLineEveryMs, Math.max(1_000, usedUpMs));
}
