import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lookAtInstances } from "../../../functions/dispatch/look-at-instance.ts";
import { recordReports } from "../../../functions/reports/record-reports.ts";
import { applyCommand } from "../../../functions/runtime/instances.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import { liveAttempt } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { Store } from "../../../shared/ports/store.ts";
import { admin, define, openYard, simpleTask, submit, type Yard } from "../../api/yard.ts";
import { expectSlotsInStep, instancesOf, settle, shardsOf } from "./gate-yard.ts";

const tasks = {
  report: { max: 2, concurrency: { max: 2 } },
  sync: { max: 3, concurrency: { max: 3, key: "input.site" } },
} as const;

/**
 * A store whose calls come back in any order, and that fails before or after a write was applied,
 * which is what is left behind when a process is killed at that point.
 */
function unreliable(store: Store, scheduler: fc.Scheduler, faults: readonly number[]): Store {
  let calls = 0;
  const later = <Value>(label: string, work: () => Promise<Value>): Promise<Value> =>
    scheduler.schedule(Promise.resolve(), label).then(work);
  return {
    get: (key) => later("get", () => store.get(key)),
    getMany: (keys) => later("getMany", () => store.getMany(keys)),
    query: (query) => later("query", () => store.query(query)),
    changes: (from, limit) => store.changes(from, limit),
    write: (changes) =>
      later("write", async () => {
        const fault = faults[calls++ % Math.max(1, faults.length)];
        if (fault === 1) throw new TransientError("killed before the write");
        const result = await store.write(changes);
        if (fault === 2) throw new TransientError("killed after the write");
        return result;
      }),
  };
}

/** At every commit: no gate has more holders than its bound, and holders are live attempts. */
function watchGates(yard: Yard): { commits: number; most: number } {
  const seen = { commits: 0, most: 0 };
  yard.store.watch(() => {
    seen.commits += 1;
    expectSlotsInStep(yard);
    for (const { gate, holders } of shardsOf(yard)) {
      const bound = gate.startsWith("task/report") ? tasks.report.max : tasks.sync.max;
      expect(holders.length, gate).toBeLessThanOrEqual(bound);
      seen.most = Math.max(seen.most, holders.length);
    }
  });
  return seen;
}

type Deed = "look" | "succeed" | "fail" | "cancel";

/** One thing that somebody does to an instance; a fault ends it like a killed process. */
async function act(yard: Yard, deed: Deed, id: string): Promise<void> {
  const engine = yard.engine;
  const { tenant } = admin;
  if (deed === "look") {
    await lookAtInstances(engine, [{ tenant, instanceId: id }]);
    return;
  }
  if (deed === "cancel") {
    try {
      await applyCommand(engine, tenant, id, () => ({ name: "cancel", actor: "ada" }));
    } catch (error) {
      expect(error).toBeInstanceOf(TransientError);
    }
    return;
  }
  const attempt = instancesOf(yard)
    .find((instance) => instance.id === id)
    ?.attempts.at(-1);
  if (attempt === undefined) return;
  const from = { tenant, instanceId: id, attemptId: attempt.id, token: attempt.token };
  const error = { class: "error", message: "no" } as const;
  await recordReports(engine, [
    deed === "succeed" ? { ...from, kind: "succeeded" } : { ...from, kind: "failed", error },
  ]);
}

async function race(
  scheduler: fc.Scheduler,
  faults: readonly number[],
  deeds: readonly (readonly [Deed, number])[],
): Promise<number> {
  let isOn = false;
  const yard = openYard({
    wrapStore: (store) => {
      const shaken = unreliable(store, scheduler, faults);
      const pick = (): Store => (isOn ? shaken : store);
      return {
        get: (key) => pick().get(key),
        getMany: (keys) => pick().getMany(keys),
        query: (query) => pick().query(query),
        write: (changes) => pick().write(changes),
        changes: (from, limit) => store.changes(from, limit),
      };
    },
  });
  for (const [name, { concurrency }] of Object.entries(tasks)) {
    await define(yard, name, { ...simpleTask, concurrency });
  }
  const seen = watchGates(yard);
  const ids: string[] = [];
  for (let each = 0; each < 8; each++) {
    const task = each % 2 === 0 ? "report" : "sync";
    ids.push(await submit(yard, { task, input: { site: each % 4 === 1 ? "a" : "b" } }));
  }
  isOn = true;
  const all = Promise.all(deeds.map(([deed, which]) => act(yard, deed, ids[which] ?? "")));
  await scheduler.waitFor(all);
  isOn = false;
  await comeToRest(yard);
  return seen.most;
}

/** Without faults, everything gets its turn and nothing stays held. */
async function comeToRest(yard: Yard): Promise<void> {
  for (let round = 0; round < 60; round++) {
    yard.now += 60_000;
    const open = instancesOf(yard).filter(({ state }) => !isTerminal(state));
    if (open.length === 0) break;
    yard.hints.push(...open.map(({ tenant, id }) => ({ tenant, instanceId: id })));
    await settle(yard);
    for (const { id } of instancesOf(yard).filter((each) => liveAttempt(each) !== undefined)) {
      await act(yard, "succeed", id);
    }
  }
  expectSlotsInStep(yard);
  expect(shardsOf(yard).flatMap(({ holders }) => holders)).toEqual([]);
  expect(instancesOf(yard).filter(({ state }) => !isTerminal(state))).toEqual([]);
}

describe("slots under races and faults", () => {
  it("are never more than their bound, never lost and never given back twice", async () => {
    let most = 0;
    const deed = fc.tuple(
      fc.constantFrom<Deed>("look", "look", "look", "succeed", "fail", "cancel"),
      fc.nat(7),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2), { minLength: 1, maxLength: 20 }),
        fc.array(deed, { minLength: 4, maxLength: 24 }),
        async (scheduler, faults, deeds) => {
          most = Math.max(most, await race(scheduler, faults, deeds));
        },
      ),
      { numRuns: 150 },
    );
    // The bound itself is reached, or nothing would have been raced for.
    expect(most).toBe(tasks.sync.max - 1);
  }, 60_000);
});
