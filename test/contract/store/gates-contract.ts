import { expect } from "vitest";
import { lookAtInstances } from "../../../functions/dispatch/look-at-instance.ts";
import { readShards } from "../../../functions/gates/gate-records.ts";
import { recordReports } from "../../../functions/reports/record-reports.ts";
import { loadInstance } from "../../../functions/runtime/instances.ts";
import { liveAttempt } from "../../../shared/instance/instance.ts";
import type { Store } from "../../../shared/ports/store.ts";
import { admin, define, openYard, simpleTask, submit } from "../../api/yard.ts";

const max = 3;
const count = 12;

/**
 * Everybody wants a slot at the same time, again and again, until all are done: never more than the
 * bound have one, and at rest nobody has.
 */
export async function raceForSlots(store: Store): Promise<void> {
  const yard = openYard({ wrapStore: () => store });
  await define(yard, "report", { ...simpleTask, concurrency: { max } });
  const ids: string[] = [];
  for (let each = 0; each < count; each++) ids.push(await submit(yard, { task: "report" }));
  const holders = async (): Promise<readonly string[]> => {
    const { shards } = await readShards(store, admin.tenant, "task/report");
    return shards.flatMap((shard) => shard?.holders.map(({ attemptId }) => attemptId) ?? []);
  };
  const live = async () => {
    const all = await Promise.all(ids.map((id) => loadInstance(store, admin.tenant, id)));
    return all.flatMap((instance) => {
      const attempt = instance === undefined ? undefined : liveAttempt(instance);
      return instance === undefined || attempt === undefined ? [] : [{ instance, attempt }];
    });
  };
  let done = 0;
  for (let round = 0; round < 4 * count && done < count; round++) {
    yard.now += 60_000;
    const looks = ids.map((instanceId) => ({ tenant: admin.tenant, instanceId }));
    expect(await lookAtInstances(yard.engine, looks)).toEqual([]);
    const running = await live();
    expect(running.length).toBeLessThanOrEqual(max);
    expect([...(await holders())].sort()).toEqual(running.map(({ attempt }) => attempt.id).sort());
    const reports = running.map(({ instance, attempt }) => ({
      kind: "succeeded" as const,
      tenant: admin.tenant,
      instanceId: instance.id,
      attemptId: attempt.id,
      token: attempt.token,
    }));
    // Each end is told twice at the same time.
    const recorded = await recordReports(yard.engine, [...reports, ...reports]);
    done += recorded.filter(({ result }) => result.outcome === "changed").length;
    expect(await holders()).toEqual([]);
  }
  expect(done).toBe(count);
}
