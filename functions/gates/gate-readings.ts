import { limits } from "../../shared/core/limits.ts";
import { budgetDay } from "../../shared/group/budget-day.ts";
import { budgetsOf } from "../../shared/group/budgets-of.ts";
import { confinementOf } from "../../shared/group/confinement.ts";
import { expectedMicroUsd } from "../../shared/group/expected-cost.ts";
import type { BudgetReading } from "../../shared/instance/explain-budgets.ts";
import type { GateReadings } from "../../shared/instance/explain-gates.ts";
import type { ExpectedRun, LimitReading } from "../../shared/instance/explain-limits.ts";
import { inputBytesOf } from "../../shared/instance/input-bytes.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { waitingForOf } from "../../shared/limit/gate-names.ts";
import { gatesOf } from "../../shared/limit/gates-of.ts";
import { sizeBucketOf } from "../../shared/routing/profile.ts";
import type { Receipt } from "../../shared/routing/receipt.ts";
import { route } from "../../shared/routing/route.ts";
import { runTimesOn } from "../../shared/routing/run-times.ts";
import { termsOf } from "../../shared/routing/terms.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import { loadBudgetUse } from "../groups/budget-records.ts";
import type { Engine } from "../runtime/engine.ts";
import type { GateFacts } from "../runtime/gate-source.ts";
import { definitionOf } from "../runtime/instances.ts";
import { readGates } from "./gate-records.ts";
import { lineAround } from "./line.ts";

/** The records that say what may hold an instance back; only those of a pending one are read. */
export async function gateReadings(engine: Engine, instance: Instance): Promise<GateReadings> {
  const { tenant, task } = instance;
  const [definition, head, rules] = await Promise.all([
    definitionOf(engine, instance),
    engine.definitions.head(tenant, task),
    engine.gates.facts(tenant),
  ]);
  const nowMs = engine.clock.now();
  const paused = head?.paused === undefined ? {} : { paused: head.paused };
  const base = { nowMs, definition, rules, ...paused };
  if (instance.state !== "pending") return { ...base, limits: [], budgets: [] };
  const [plan, ofLimits] = await Promise.all([
    planNow(engine, instance, definition, rules),
    limitReadings(engine, instance, definition, rules),
  ]);
  const budgets = await budgetReadings(engine, instance, definition, rules, plan.microUsd);
  const { planned, expectedRun } = plan;
  const expected = expectedRun === undefined ? {} : { expectedRun };
  return { ...base, planned, limits: ofLimits, budgets, ...expected };
}

interface Plan {
  readonly planned: Receipt;
  /** What the next attempt is expected to cost. */
  readonly microUsd: number;
  readonly expectedRun?: ExpectedRun;
}

/** Where the next attempt would go now, for how much and for how long. */
export async function planNow(
  engine: Engine,
  instance: Instance,
  { spec }: TaskVersion,
  { groups }: GateFacts,
): Promise<Plan> {
  const [facts, profile] = await Promise.all([
    engine.routing.facts(instance.tenant),
    engine.routing.profile(instance.tenant, instance.task),
  ]);
  const nowMs = engine.clock.now();
  const inputBytes = inputBytesOf(instance);
  const confinement = confinementOf(instance.group, groups);
  const planned = route({ ...facts, spec, instance, inputBytes, profile, confinement, nowMs });
  const backend = facts.backends.find(({ name }) => name === planned.chosen);
  if (backend === undefined) return { planned, microUsd: 0 };
  const { needs } = spec;
  const { basis, meanMs } = runTimesOn(backend.name, sizeBucketOf(inputBytes), needs, profile);
  const microUsd = expectedMicroUsd({
    instance,
    inputBytes,
    needs,
    backend: backend.name,
    terms: termsOf(planned, backend, spec, instance),
    receipt: planned,
    profile,
  });
  return { planned, microUsd, expectedRun: { basis, runMs: meanMs } };
}

async function limitReadings(
  { store }: Engine,
  instance: Instance,
  { spec }: TaskVersion,
  rules: GateFacts,
): Promise<readonly LimitReading[]> {
  const gates = gatesOf(instance, spec, rules);
  if (gates.length === 0) return [];
  const reads = await readGates(store, instance.tenant, gates);
  return Promise.all(
    reads.map(async (read): Promise<LimitReading> => {
      const { kind, gate } = read.gate;
      const { before } = await lineAround(
        store,
        instance,
        waitingForOf(kind, gate),
        limits.linePageSize,
      );
      const line = {
        before: before.length,
        beforeIsLeast: before.length >= limits.linePageSize,
      };
      return "shards" in read
        ? { ...line, gate: read.gate, shards: read.shards }
        : { ...line, gate: read.gate, state: read.record };
    }),
  );
}

async function budgetReadings(
  { store, clock }: Engine,
  instance: Instance,
  { spec }: TaskVersion,
  rules: GateFacts,
  microUsd: number,
): Promise<readonly BudgetReading[]> {
  const budgets = budgetsOf(instance, spec.budget, rules);
  return Promise.all(
    budgets.map(async ({ name, budget }) => {
      const day = budgetDay(clock.now(), budget.timezone);
      const use = await loadBudgetUse(store, instance.tenant, name, day);
      return { state: { name, budget, day, use }, microUsd };
    }),
  );
}
