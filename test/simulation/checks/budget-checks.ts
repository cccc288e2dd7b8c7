import type { Budget } from "../../../shared/group/budget.ts";
import { type BudgetUse, limitMicroUsdOf, microUsdOf } from "../../../shared/group/budget-use.ts";
import { budgetsOf } from "../../../shared/group/budgets-of.ts";
import { attemptUsd } from "../../../shared/pricing/attempt-usd.ts";
import type { World } from "../world/world.ts";
import type { FactsInForce } from "./facts-in-force.ts";
import { type AttemptChange, bodiesIn, type DefinitionOf, type GateWrite } from "./gate-write.ts";

const rule = "budgets are kept";

/** Money: what is set aside and spent is what attempts hold and cost, and nobody overdraws it. */
export class BudgetChecks {
  readonly #world: World;
  readonly #facts: FactsInForce;
  readonly #definitionOf: DefinitionOf;
  /** By tenant, budget and day, as its attempts have it. */
  readonly #expected = new Map<string, BudgetUse>();
  readonly #stored = new Map<string, BudgetUse>();

  constructor(world: World, facts: FactsInForce, definitionOf: DefinitionOf) {
    this.#world = world;
    this.#facts = facts;
    this.#definitionOf = definitionOf;
  }

  check(write: GateWrite): void {
    const touched = new Set<string>();
    for (const { tenant, name, sk, body } of bodiesIn<BudgetUse>(write, "budget")) {
      this.#stored.set(`${tenant} ${name} ${sk}`, body);
      touched.add(`${tenant} ${name} ${sk}`);
    }
    for (const { instance, attempt } of write.claims) {
      for (const { budget, day, microUsd } of attempt.held?.budgets ?? []) {
        touched.add(this.#add(`${instance.tenant} ${budget} ${day}`, microUsd, microUsd));
      }
    }
    for (const { instance, attempt } of write.ends) {
      const cost = microUsdOf(attemptUsd(attempt));
      for (const { budget, day, microUsd } of attempt.held?.budgets ?? []) {
        touched.add(this.#add(`${instance.tenant} ${budget} ${day}`, cost - microUsd, -microUsd));
        if (cost > microUsd) this.#world.saw("attempt dearer than was expected");
      }
    }
    for (const name of touched) this.#compare(name);
    for (const claim of write.claims) this.#checkClaim(claim);
  }

  checkEnd(): void {
    for (const [name, { reservedMicroUsd }] of this.#stored) {
      if (reservedMicroUsd !== 0) this.#violate(`${name}: ${reservedMicroUsd} is still set aside`);
    }
  }

  #add(name: string, used: number, reserved: number): string {
    const { usedMicroUsd, reservedMicroUsd } = this.#expected.get(name) ?? nothing;
    this.#expected.set(name, {
      usedMicroUsd: usedMicroUsd + used,
      reservedMicroUsd: reservedMicroUsd + reserved,
    });
    return name;
  }

  #compare(name: string): void {
    const [expected, stored] = [
      this.#expected.get(name) ?? nothing,
      this.#stored.get(name) ?? nothing,
    ];
    for (const sum of ["usedMicroUsd", "reservedMicroUsd"] as const) {
      if ((stored[sum] ?? 0) === expected[sum]) continue;
      this.#violate(`${name}: ${sum} is ${stored[sum]}, its attempts make ${expected[sum]}`);
    }
  }

  #checkClaim({ instance, attempt }: AttemptChange): void {
    const { tenant, group, task } = instance;
    const definition = this.#definitionOf(instance);
    const held = attempt.held?.budgets ?? [];
    for (const { budget, day } of held) {
      const all = this.#budgetsNamed(instance, budget);
      const asks = all.some((each) => each?.whenExhausted === "ask");
      if (asks && instance.approvedBy !== undefined) continue;
      const max = Math.max(...all.map((each) => (each === undefined ? 0 : limitMicroUsdOf(each))));
      const used = this.#stored.get(`${tenant} ${budget} ${day}`)?.usedMicroUsd ?? 0;
      if (used > max) this.#violate(`${used} of ${budget} is used, at most ${max} may be`);
    }
    const { pricing } = attempt;
    if (definition === undefined || pricing === undefined || pricing.model === "free") return;
    const sure = this.#facts.sure(tenant, group === undefined ? [] : [group], []);
    for (const { name } of budgetsOf({ task, group }, definition.spec.budget, sure)) {
      if (held.some(({ budget }) => budget === name)) continue;
      this.#violate(`${attempt.id} was claimed without money of ${name}`);
    }
  }

  #budgetsNamed(
    instance: AttemptChange["instance"],
    budget: string,
  ): readonly (Budget | undefined)[] {
    const [kind, name = ""] = budget.split("/");
    if (kind === "task") return [this.#definitionOf(instance)?.spec.budget];
    const all =
      kind === "group"
        ? this.#facts.group(instance.tenant, name)
        : this.#facts.settings(instance.tenant);
    return all.map((each) => each?.spec.budget);
  }

  #violate(detail: string): void {
    this.#world.violate(rule, detail);
  }
}

const nothing: BudgetUse = { usedMicroUsd: 0, reservedMicroUsd: 0 };
