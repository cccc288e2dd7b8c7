import { isoTime } from "../../shared/contract/http/iso-time.ts";
import type { TaskStatsView } from "../../shared/contract/http/operation-views.ts";
import { justAfter, keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { addRollups, bucketName, type Rollup } from "../../shared/rollup/rollup.ts";
import { quantileOf, type Sketch } from "../../shared/rollup/sketch.ts";
import type { Engine } from "../runtime/engine.ts";
import { getTask } from "./read-tasks.ts";

const hourMs = 3_600_000;

/** A task's counts and times over the last hours, the present one included. */
export async function taskStats(
  engine: Engine,
  tenant: string,
  task: string,
  hours: number,
): Promise<TaskStatsView> {
  await getTask(engine, tenant, task);
  const nowMs = engine.clock.now();
  const fromMs = Math.floor(nowMs / hourMs) * hourMs - (hours - 1) * hourMs;
  const rollups = await hourlyRollups(engine, tenant, task, fromMs, nowMs);
  return {
    task,
    from: isoTime(fromMs),
    until: isoTime(nowMs),
    total: countsOf(rollups),
    backends: groups(rollups, ({ backend }) => backend).map(([backend, of]) => ({
      backend,
      ...countsOf(of),
    })),
    hours: groups(rollups, ({ bucket }) => bucket).map(([bucket, of]) => ({
      hour: `${bucket.slice(2)}:00:00.000Z`,
      ...countsOf(of),
    })),
  };
}

/** The rollups of a task by the hour. */
export async function hourlyRollups(
  engine: Engine,
  tenant: string,
  task: string,
  fromMs: number,
  nowMs: number,
): Promise<readonly Rollup[]> {
  const from = keys.rollup(tenant, task, bucketName("hour", fromMs), "");
  // Buckets sort by time; the tilde sorts behind every backend's name.
  const to = keys.rollup(tenant, task, bucketName("hour", nowMs), "~");
  const rollups: Rollup[] = [];
  let next: string = from.sk;
  for (;;) {
    const found = await engine.store.query({
      index: "primary",
      partition: from.pk,
      from: next,
      to: to.sk,
      order: "ascending",
      limit: limits.storePageMax,
    });
    const records = await engine.store.getMany(found.map(({ key }) => key));
    for (const record of records) {
      if (record !== undefined) rollups.push(record.body as unknown as Rollup);
    }
    const last = found.at(-1);
    if (last === undefined || found.length < limits.storePageMax) return rollups;
    next = justAfter(last.sort);
  }
}

function groups(
  rollups: readonly Rollup[],
  nameOf: (rollup: Rollup) => string,
): readonly (readonly [string, readonly Rollup[]])[] {
  const byName = new Map<string, Rollup[]>();
  for (const rollup of rollups) {
    const name = nameOf(rollup);
    const group = byName.get(name);
    if (group === undefined) byName.set(name, [rollup]);
    else group.push(rollup);
  }
  return [...byName].toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function countsOf(rollups: readonly Rollup[]): TaskStatsView["total"] {
  const [first, ...rest] = rollups;
  if (first === undefined) {
    const none = { count: 0 };
    return { submitted: 0, finished: {}, attempts: 0, attemptsFailed: 0, run: none, wait: none };
  }
  const sum = rest.reduce(addRollups, first);
  return {
    submitted: sum.submitted,
    finished: { ...sum.finished },
    attempts: sum.attempts,
    attemptsFailed: sum.attemptsFailed,
    run: timesOf(sum.runMs, sum.runMsSum),
    wait: timesOf(sum.waitMs, sum.waitMsSum),
  };
}

function timesOf(sketch: Sketch, sumMs: number): TaskStatsView["total"]["run"] {
  const count = Object.values(sketch).reduce((sum, of) => sum + of, 0);
  const p50Ms = quantileOf(sketch, 0.5);
  const p95Ms = quantileOf(sketch, 0.95);
  return {
    count,
    ...(count === 0 ? {} : { meanMs: rounded(sumMs / count) }),
    ...(p50Ms === undefined ? {} : { p50Ms: rounded(p50Ms) }),
    ...(p95Ms === undefined ? {} : { p95Ms: rounded(p95Ms) }),
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
