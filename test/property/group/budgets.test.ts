import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lookAtInstance } from "../../../functions/dispatch/look-at-instance.ts";
import { recordReports } from "../../../functions/reports/record-reports.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { type BudgetUse, microUsdOf, unusedBudget } from "../../../shared/group/budget-use.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { Change, Store } from "../../../shared/ports/store.ts";
import { attemptUsd } from "../../../shared/pricing/attempt-usd.ts";
import { openBudgetYard } from "../../api/budget-yard.ts";
import { admin, submit, type Yard } from "../../api/yard.ts";

const usdPerDay = 2.5;
const limitMicroUsd = microUsdOf(usdPerDay);

type Step =
  | { readonly kind: "submit"; readonly count: number }
  | { readonly kind: "look" }
  | { readonly kind: "finish"; readonly seconds: number; readonly ends: readonly boolean[] }
  | { readonly kind: "cancel"; readonly nth: number }
  | { readonly kind: "wait"; readonly hours: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "look" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("finish" as const),
      seconds: fc.integer({ min: 0, max: 300 }),
      ends: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), nth: fc.nat(11) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      hours: fc.integer({ min: 1, max: 20 }),
    }),
  },
);

/** After each write that sets money aside, the day must not have more than its limit. */
function watched(store: Store, overdrawn: string[]): Store {
  return {
    get: (key) => store.get(key),
    getMany: (wanted) => store.getMany(wanted),
    query: (query) => store.query(query),
    changes: (from, limit) => store.changes(from, limit),
    async write(changes) {
      const result = await store.write(changes);
      if (result.outcome !== "wrote") return result;
      for (const change of changes.filter(setsAside)) {
        const record = await store.get(change.key);
        const used = Number(record?.body.usedMicroUsd ?? 0);
        if (used > limitMicroUsd) overdrawn.push(`${change.key.sk}: ${used}`);
      }
      return result;
    },
  };
}

function setsAside(change: Change): change is Extract<Change, { kind: "add" }> {
  return change.kind === "add" && (change.amounts.reservedMicroUsd ?? 0) > 0;
}

/** What the records of all attempts say that each day must have. */
function recounted(instances: readonly Instance[]): Map<string, BudgetUse> {
  const days = new Map<string, BudgetUse>();
  for (const attempt of instances.flatMap(({ attempts }) => attempts)) {
    for (const { day, microUsd } of attempt.held?.budgets ?? []) {
      const { usedMicroUsd, reservedMicroUsd } = days.get(day) ?? unusedBudget;
      const ended = attempt.outcome !== undefined;
      const taken = ended ? microUsdOf(attemptUsd(attempt)) : microUsd;
      days.set(day, {
        usedMicroUsd: usedMicroUsd + taken,
        reservedMicroUsd: reservedMicroUsd + (ended ? 0 : microUsd),
      });
    }
  }
  return days;
}

class Run {
  readonly #yard: Yard;
  readonly #ids: string[] = [];

  constructor(yard: Yard) {
    this.#yard = yard;
  }

  instances(): Promise<readonly Instance[]> {
    return Promise.all(this.#ids.map((id) => this.#yard.instance(id)));
  }

  async do(step: Step): Promise<void> {
    const yard = this.#yard;
    switch (step.kind) {
      case "submit":
        for (let nth = 0; nth < step.count; nth++) {
          if (this.#ids.length < 12) this.#ids.push(await submit(yard, { task: "report" }));
        }
        return;
      case "look":
        await this.lookAtAll();
        return;
      case "finish":
        await this.finish(step.seconds, step.ends);
        return;
      case "cancel": {
        const id = this.#ids[step.nth];
        if (id !== undefined) await yard.call("POST", `/v1/instances/${id}/cancel`);
        return;
      }
      case "wait":
        yard.now += step.hours * 3_600_000;
        // Attempts that were handed over so long ago are given up; they have cost nothing or their time.
        await this.lookAtAll();
    }
  }

  /** All at once, so that they race for the money. */
  async lookAtAll(): Promise<void> {
    this.#yard.hints.splice(0);
    await Promise.all(this.#ids.map((id) => lookAtInstance(this.#yard.engine, admin.tenant, id)));
  }

  async finish(seconds: number, ends: readonly boolean[]): Promise<void> {
    const reports = (await this.instances()).flatMap(({ id, tenant, attempts }, place) => {
      const attempt = attempts.at(-1);
      if (attempt === undefined || attempt.outcome !== undefined || ends[place] !== true) return [];
      const from = { tenant, instanceId: id, attemptId: attempt.id, token: attempt.token };
      const usage = { durationMs: seconds * 1_000 };
      return [{ ...from, kind: "succeeded" as const, output: 1, usage }];
    });
    await recordReports(this.#yard.engine, reports);
  }
}

describe("a budget under any course of events", () => {
  it("is never overdrawn when money is set aside, and holds what its attempts cost", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 4, maxLength: 20 }), async (course) => {
        const overdrawn: string[] = [];
        const yard = await openBudgetYard(
          { usdPerDay },
          { wrapStore: (store) => watched(store, overdrawn) },
        );
        const run = new Run(yard);
        for (const step of course) {
          await run.do(step);
          for (const [day, use] of recounted(await run.instances())) {
            const record = await yard.store.get(keys.budget(admin.tenant, "group/batch", day));
            expect({ day, ...unusedBudget, ...record?.body }).toEqual({ day, ...use });
          }
        }
        expect(overdrawn).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("holds exactly what was spent once everything has ended", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 4, maxLength: 12 }), async (course) => {
        const yard = await openBudgetYard({ usdPerDay });
        const run = new Run(yard);
        for (const step of course) await run.do(step);
        for (const { id, state } of await run.instances()) {
          if (!isTerminal(state)) await yard.call("POST", `/v1/instances/${id}/cancel`);
        }
        for (const [day, use] of recounted(await run.instances())) {
          const record = await yard.store.get(keys.budget(admin.tenant, "group/batch", day));
          expect(record?.body).toEqual({ usedMicroUsd: use.usedMicroUsd, reservedMicroUsd: 0 });
        }
      }),
      { numRuns: 30 },
    );
  });
});
