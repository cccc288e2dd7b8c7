import { justAfter, paddedNumber, partitions, timeOfSort } from "../../shared/contract/keys.ts";
import { wakeTargetOf } from "../../shared/contract/wake-target.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { RecordHint } from "../../shared/ports/record-hints.ts";
import type { Candidate } from "../../shared/ports/store.ts";
import type { Engine } from "../runtime/engine.ts";

export interface TimeKept {
  readonly overdue: number;
  readonly soon: number;
  /** False when more was due than one run may handle; the next run goes on. */
  readonly complete: boolean;
}

/** What the timekeeper works with; without a deployer, overdue deployments wait for somebody to ask. */
export interface TimekeeperPorts
  extends Pick<Engine, "store" | "clock" | "hints" | "log" | "recordHints"> {
  readonly deployer?: Deployer;
}

/**
 * Turns wakes into hints: overdue ones at once, those of the near future with a delay, so that times
 * are kept to about a second though this runs only once a minute. Decides nothing itself; two of them
 * at once only double some hints.
 */
export async function keepTime(
  engine: TimekeeperPorts,
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
  engine: TimekeeperPorts,
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
    const found = sortedOut(candidates, nowMs);
    overdue += found.overdue;
    soon += found.soon;
    if (found.hints.length > 0) await engine.hints.send(found.hints);
    if (found.recordHints.length > 0) await engine.recordHints?.send(found.recordHints);
    await askForDeployments(engine, candidates, nowMs);
    const last = candidates.at(-1);
    if (last === undefined || candidates.length < limits.timekeeperPageSize) {
      return { overdue, soon, complete: true };
    }
    from = justAfter(last.sort);
  }
  return { overdue, soon, complete: false };
}

interface SortedOut {
  readonly hints: readonly Hint[];
  readonly recordHints: readonly RecordHint[];
  readonly overdue: number;
  readonly soon: number;
}

/** Who must be told of what; deployments are asked for elsewhere. */
function sortedOut(candidates: readonly Candidate[], nowMs: number): SortedOut {
  const hints: Hint[] = [];
  const recordHints: RecordHint[] = [];
  let soon = 0;
  for (const { key, sort } of candidates) {
    const target = wakeTargetOf(key);
    const wakeAtMs = timeOfSort(sort);
    const when = wakeAtMs > nowMs ? { notBeforeMs: wakeAtMs } : {};
    if (target?.kind === "instance") {
      const { tenant, instanceId } = target;
      hints.push({ tenant, instanceId, ...when });
    } else if (target?.kind === "record") {
      recordHints.push({ ...target.hint, ...when });
    } else {
      continue;
    }
    if (wakeAtMs > nowMs) soon += 1;
  }
  const overdue = hints.length + recordHints.length - soon;
  return { hints, recordHints, overdue, soon };
}

/** The record says when it is asked for again, so a deployer that takes it up moves the wake. */
async function askForDeployments(
  { deployer, log }: TimekeeperPorts,
  candidates: readonly Candidate[],
  nowMs: number,
): Promise<void> {
  for (const { key, sort } of candidates) {
    const target = wakeTargetOf(key);
    if (target?.kind !== "function" || deployer === undefined || timeOfSort(sort) > nowMs) continue;
    const { tenant, name, digest } = target;
    log.info("deployment without an outcome asked for again", { function: name, digest });
    await deployer.request(tenant, name, digest);
  }
}
