import type { Group, Pause, TenantSettings } from "../../../shared/group/group.ts";
import type { GateRules } from "../../../shared/limit/gates-of.ts";
import type { Limit } from "../../../shared/limit/limit.ts";
import type { TaskHead } from "../../../shared/task/task.ts";
import type { World } from "../world/world.ts";
import { bodiesIn, type GateWrite } from "./gate-write.ts";

type Fact = Group | Limit | TenantSettings | TaskHead;

/** What was said of a tenant's gates, and since when: those who act may know it a moment late. */
export class FactsInForce {
  readonly #world: World;
  readonly #said = new Map<string, { readonly sinceMs: number; readonly fact: Fact }[]>();

  constructor(world: World) {
    this.#world = world;
  }

  note(write: GateWrite): void {
    for (const { tenant, sk, body } of bodiesIn<Group>(write, "group")) {
      this.#say(`${tenant} group ${sk}`, write.atMs, body);
    }
    for (const { tenant, sk, body } of bodiesIn<Limit>(write, "limit")) {
      this.#say(`${tenant} limit ${sk}`, write.atMs, body);
    }
    for (const { tenant, body } of bodiesIn<TenantSettings>(write, "tenant")) {
      this.#say(`${tenant} tenant`, write.atMs, body);
    }
    for (const { tenant, sk, body } of bodiesIn<TaskHead>(write, "task")) {
      this.#say(`${tenant} task ${sk}`, write.atMs, body);
    }
  }

  /**
   * For so long may somebody act on what has been changed: what is remembered, the longest invocation
   * and a last request on its way; all of a run where the clocks jump by which memories age.
   */
  get staleMs(): number {
    const { faults } = this.#world;
    if (faults.isEnabled("clockJump")) return Infinity;
    return faults.isEnabled("slowCall") ? 80_000 : 15_000;
  }

  group(tenant: string, name: string): readonly (Group | undefined)[] {
    return this.#within(`${tenant} group ${name}`) as readonly (Group | undefined)[];
  }

  limit(tenant: string, name: string): readonly (Limit | undefined)[] {
    return this.#within(`${tenant} limit ${name}`) as readonly (Limit | undefined)[];
  }

  settings(tenant: string): readonly (TenantSettings | undefined)[] {
    return this.#within(`${tenant} tenant`) as readonly (TenantSettings | undefined)[];
  }

  head(tenant: string, name: string): readonly (TaskHead | undefined)[] {
    return this.#within(`${tenant} task ${name}`) as readonly (TaskHead | undefined)[];
  }

  /** The bounds that hold whoever asks, with whatever figures: those that stood all the time. */
  sure(tenant: string, groups: readonly string[], limits: readonly string[]): GateRules {
    const ofGroups = groups.flatMap((name) => {
      const group = everywhere(this.group(tenant, name));
      return group === undefined ? [] : ([[name, group]] as const);
    });
    const ofLimits = limits.flatMap((name) => {
      const limit = everywhere(this.limit(tenant, name));
      return limit === undefined ? [] : ([[name, limit]] as const);
    });
    return {
      settings: everywhere(this.settings(tenant)),
      groups: new Map(ofGroups),
      limits: new Map(ofLimits),
    };
  }

  #say(name: string, sinceMs: number, fact: Fact): void {
    const said = this.#said.get(name) ?? [];
    this.#said.set(name, [...said, { sinceMs, fact }]);
  }

  /** Everything that somebody may take for the present, the newest last. */
  #within(name: string): readonly (Fact | undefined)[] {
    const said = this.#said.get(name) ?? [];
    const fromMs = this.#world.wallMs() - this.staleMs;
    const first = said.findLastIndex(({ sinceMs }) => sinceMs <= fromMs);
    const facts = said.slice(Math.max(0, first)).map(({ fact }) => fact);
    return first < 0 ? [undefined, ...facts] : facts;
  }
}

type Bounded = {
  readonly spec: {
    readonly concurrency?: unknown;
    readonly rate?: unknown;
    readonly budget?: unknown;
  };
};

/** The newest one with only those of its bounds that all of them have. */
function everywhere<Each extends Bounded>(all: readonly (Each | undefined)[]): Each | undefined {
  const newest = all.at(-1);
  if (newest === undefined) return undefined;
  const spec = { ...newest.spec };
  for (const bound of ["concurrency", "rate", "budget"] as const) {
    if (!all.every((each) => each?.spec[bound] !== undefined)) delete spec[bound];
  }
  return { ...newest, spec };
}

/** The pause that everybody must have heard of; undefined where one may not have. */
export function surePause(
  all: readonly ({ readonly paused?: Pause; readonly stopped?: Pause } | undefined)[],
): Pause | undefined {
  const pauses = all.map((each) => each?.paused ?? each?.stopped);
  return pauses.length > 0 && pauses.every((pause) => pause !== undefined)
    ? pauses.at(-1)
    : undefined;
}
