import { justAfter, paddedNumber, partitions, timeOfSort } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { Candidate } from "../../shared/ports/store.ts";
import type { Engine } from "../runtime/engine.ts";

export interface TimeKept {
  readonly overdue: number;
  readonly soon: number;
  /** False when more was due than one run may handle; the next run goes on. */
  readonly complete: boolean;
}

/**
 * Turns wakes into hints: overdue ones at once, those of the near future with a delay, so that times
 * are kept to about a second though this runs only once a minute. Decides nothing itself; two of them
 * at once only double some hints.
 */
export async function keepTime(
  engine: Pick<Engine, "store" | "clock" | "hints" | "log">,
  horizonMs: number = limits.timekeeperHorizonMs,
): Promise<TimeKept> {
  const nowMs = engine.clock.now();
  const shards = Array.from({ length: limits.wakeShards }, (_, shard) => shard);
  const kept = await Promise.all(
    shards.map((shard) => keepShard(engine, shard, nowMs, nowMs + horizonMs)),
  );
  const sum: TimeKept = {
    overdue: kept.reduce((total, { overdue }) => total + overdue, 0),
    soon: kept.reduce((total, { soon }) => total + soon, 0),
    complete: kept.every(({ complete }) => complete),
  };
  if (sum.overdue > 0 || !sum.complete) engine.log.info("wakes found", { ...sum });
  return sum;
}

async function keepShard(
  engine: Pick<Engine, "store" | "hints">,
  shard: number,
  nowMs: number,
  untilMs: number,
): Promise<TimeKept> {
  let overdue = 0;
  let soon = 0;
  let from: string | undefined;
  for (let page = 0; page < limits.timekeeperPagesMax; page++) {
    const candidates = await engine.store.query({
      index: "wake",
      partition: partitions.wake(shard),
      ...(from === undefined ? {} : { from }),
      to: paddedNumber(untilMs, 14),
      order: "ascending",
      limit: limits.timekeeperPageSize,
    });
    const hints = candidates.map((candidate) => hintOf(candidate, nowMs));
    overdue += hints.filter((hint) => hint.notBeforeMs === undefined).length;
    soon += hints.filter((hint) => hint.notBeforeMs !== undefined).length;
    if (hints.length > 0) await engine.hints.send(hints);
    const last = candidates.at(-1);
    if (last === undefined || candidates.length < limits.timekeeperPageSize) {
      return { overdue, soon, complete: true };
    }
    from = justAfter(last.sort);
  }
  return { overdue, soon, complete: false };
}

function hintOf({ key, sort }: Candidate, nowMs: number): Hint {
  const [, tenant = "", , instanceId = ""] = key.pk.split("#");
  const wakeAtMs = timeOfSort(sort);
  return { tenant, instanceId, ...(wakeAtMs > nowMs ? { notBeforeMs: wakeAtMs } : {}) };
}
