import { idOfSort } from "../../../functions/gates/line.ts";
import { waitingForMoney } from "../../../functions/groups/budget-waiters.ts";
import { defineGroup, setTenantBounds } from "../../../functions/groups/define-group.ts";
import { cancelRunning } from "../../../functions/limits/cancel-running.ts";
import { defineLimit } from "../../../functions/limits/define-limit.ts";
import {
  pauseGroup,
  resumeGroup,
  resumeTenant,
  stopTenant,
} from "../../../functions/limits/pauses.ts";
import type { Engine } from "../../../functions/runtime/engine.ts";
import { approveInstance } from "../../../functions/submission/act-on-instance.ts";
import { defineTask } from "../../../functions/tasks/define-task.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import { GroupSpec, TenantSpec } from "../../../shared/group/group.ts";
import { gates } from "../../../shared/limit/gate-names.ts";
import { LimitSpec } from "../../../shared/limit/limit.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import type { ApiCaller } from "./api-caller.ts";
import { type GatesPlan, gatesPlanOf, paidGroup } from "./gates-plan.ts";
import type { GateAct } from "./gates-workload.ts";
import { tenants } from "./workload.ts";
import type { World } from "./world.ts";

/** More than all of a run costs. */
const plentyUsdPerDay = 1_000;
const budgetsAsking = [gates.group(paidGroup), gates.task("fetched"), gates.tenant];

type ActNamed<Kind extends GateAct["kind"]> = Extract<GateAct, { kind: Kind }>;

/** People who bound, pause, stop and approve a tenant's work, and see to it that it goes on again. */
export class GateOperators {
  readonly #world: World;
  readonly #api: ApiCaller;
  readonly #plan: GatesPlan | undefined;

  constructor(world: World, api: ApiCaller) {
    this.#world = world;
    this.#api = api;
    this.#plan = gatesPlanOf(world.config.seed);
  }

  /** The specs of all tasks, once whatever they name is there. */
  bound(
    tenant: string,
    specs: Readonly<Record<string, unknown>>,
    define: (specs: Readonly<Record<string, unknown>>) => void,
  ): void {
    const plan = this.#plan;
    if (plan === undefined) {
      define(specs);
      return;
    }
    let missing = 0;
    const defined = (): void => {
      missing -= 1;
      if (missing === 0) define(boundedSpecs(specs, plan));
    };
    for (const [name, spec] of Object.entries(plan.limits)) {
      missing += 1;
      this.#setLimit(tenant, name, spec, defined);
    }
    for (const [name, spec] of Object.entries(plan.groups)) {
      missing += 1;
      this.#setGroup(tenant, name, spec, defined);
    }
    if (plan.tenant === undefined) return;
    missing += 1;
    this.#setTenant(tenant, plan.tenant, defined);
  }

  /** Somebody looks now and then at what waits for approval. */
  start(): void {
    for (const tenant of this.#plan === undefined ? [] : tenants) {
      this.#api.later(40_000, `approve for ${tenant}`, () => this.#approve(tenant, 8));
    }
  }

  act(tenant: string, act: GateAct, specs: Readonly<Record<string, unknown>>): void {
    switch (act.kind) {
      case "pauseGroup":
        this.#pauseGroup(tenant, act);
        break;
      case "stopTenant":
        this.#stopTenant(tenant, act);
        break;
      case "setLimit":
        this.#setLimit(tenant, act.name, act.spec);
        break;
      case "setGroup":
        this.#setGroup(tenant, act.name, act.spec);
        break;
      case "setTenant":
        this.#setTenant(tenant, act.spec);
        break;
      case "setTask":
        this.#setTask(tenant, act, specs);
        break;
    }
  }

  /** Work that waits for money would wait for the next day: there is plenty once faults have stopped. */
  raiseBudgets(): void {
    if (this.#plan === undefined) return;
    const budget = { usdPerDay: plentyUsdPerDay };
    for (const tenant of tenants) {
      this.#setGroup(tenant, paidGroup, { budget });
      this.#setTenant(tenant, { budget });
    }
  }

  #pauseGroup(tenant: string, { group, forMs }: ActNamed<"pauseGroup">): void {
    const context = contextOf(tenant);
    const resume = (): void =>
      this.#api.insist({ action: "resume", tenant }, (engine) =>
        resumeGroup(engine, context, group, undefined),
      );
    this.#api.insist(
      { action: "pause", tenant },
      (engine) => pauseGroup(engine, context, group, undefined),
      () => this.#api.later(forMs, `resume group ${group}`, resume),
    );
  }

  #stopTenant(tenant: string, { how, cancelsRunning, forMs }: ActNamed<"stopTenant">): void {
    const context = contextOf(tenant);
    const resume = (): void =>
      this.#api.insist({ action: "resume", tenant }, (engine) =>
        resumeTenant(engine, context, undefined),
      );
    const stop = async (engine: Engine): Promise<void> => {
      await stopTenant(engine, context, how, undefined);
      if (cancelsRunning) await cancelRunning(engine, context, "switched off");
    };
    this.#api.insist({ action: "stop", tenant }, stop, () =>
      this.#api.later(forMs, `resume ${tenant}`, resume),
    );
  }

  #setLimit(tenant: string, name: string, spec: object, done?: () => void): void {
    this.#api.insist(
      { action: "bound", tenant },
      (engine) => defineLimit(engine, contextOf(tenant), name, LimitSpec.parse(spec)),
      done,
    );
  }

  #setGroup(tenant: string, name: string, spec: object, done?: () => void): void {
    this.#api.insist(
      { action: "bound", tenant },
      (engine) => defineGroup(engine, contextOf(tenant), name, GroupSpec.parse(spec)),
      done,
    );
  }

  #setTenant(tenant: string, spec: object, done?: () => void): void {
    this.#api.insist(
      { action: "bound", tenant },
      (engine) => setTenantBounds(engine, contextOf(tenant), TenantSpec.parse(spec)),
      done,
    );
  }

  /** A new version, while instances of the former one go on. */
  #setTask(
    tenant: string,
    { task, patch }: ActNamed<"setTask">,
    specs: Readonly<Record<string, unknown>>,
  ): void {
    if (this.#plan === undefined) return;
    const spec = { ...(boundedSpecs(specs, this.#plan)[task] as object), ...patch };
    this.#api.insist({ action: "define", tenant }, (engine) =>
      defineTask(engine, contextOf(tenant), task, TaskSpec.parse(spec)),
    );
  }

  /** Now and again, whatever waits for it at that time. */
  #approve(tenant: string, times: number): void {
    this.#api.insist(
      { action: "get", tenant },
      async ({ store }) => {
        const found = budgetsAsking.map((name) => waitingForMoney(store, tenant, name, 20));
        return (await Promise.all(found)).flat().map(({ sort }) => idOfSort(sort));
      },
      (ids) => {
        for (const id of ids) this.#approveOne(tenant, id);
      },
    );
    if (times <= 1) return;
    this.#api.later(30_000, `approve for ${tenant}`, () => this.#approve(tenant, times - 1));
  }

  #approveOne(tenant: string, id: string): void {
    this.#api.insist(
      { action: "approve", tenant },
      (engine) => approveInstance(engine, contextOf(tenant), id, undefined),
      () => this.#world.saw("approval given"),
    );
  }
}

/** What each task is where work is bounded. */
function boundedSpecs(
  specs: Readonly<Record<string, unknown>>,
  { patches, linedTasks }: GatesPlan,
): Readonly<Record<string, unknown>> {
  const bounded = Object.entries(specs).map(([name, spec]) => [
    name,
    { ...(spec as object), ...patches[name] },
  ]);
  return { ...Object.fromEntries(bounded), ...linedTasks };
}

function contextOf(tenant: string): TenantContext {
  return { tenant, actor: `user of ${tenant}`, role: "admin" };
}
