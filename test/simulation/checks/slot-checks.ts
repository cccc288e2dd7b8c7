import type { SlotHolder, SlotShard } from "../../../shared/limit/slots.ts";
import type { World } from "../world/world.ts";
import type { FactsInForce } from "./facts-in-force.ts";
import { type AttemptChange, bodiesIn, type DefinitionOf, type GateWrite } from "./gate-write.ts";
import { LineChecks } from "./line-checks.ts";
import { neededGates } from "./needed-gates.ts";

const rule = "I6 slots";

/** Who holds slots: exactly the live attempts that say so, and never more of them than the bound. */
export class SlotChecks {
  readonly #world: World;
  readonly #facts: FactsInForce;
  readonly #definitionOf: DefinitionOf;
  readonly #lines: LineChecks;
  /** By tenant and gate, by record. */
  readonly #holders = new Map<string, Map<string, readonly SlotHolder[]>>();

  constructor(world: World, facts: FactsInForce, definitionOf: DefinitionOf) {
    this.#world = world;
    this.#facts = facts;
    this.#definitionOf = definitionOf;
    this.#lines = new LineChecks(world);
  }

  check(write: GateWrite): void {
    const taken = new Set<string>();
    const returned = new Set<string>();
    for (const { tenant, name, sk, body } of bodiesIn<SlotShard>(write, "slots")) {
      const shards = this.#shardsOf(`${tenant} ${name}`);
      const [was, is] = [namesOf(shards.get(sk) ?? []), namesOf(body.holders)];
      shards.set(sk, body.holders);
      if (new Set(is).size < is.length) this.#violate(`${name} has a holder twice`);
      for (const holder of is) {
        if (!was.includes(holder)) taken.add(`${name} ${Number(sk.slice(2))} ${holder}`);
      }
      for (const holder of was) {
        if (!is.includes(holder)) returned.add(`${name} ${Number(sk.slice(2))} ${holder}`);
      }
    }
    for (const claim of write.claims) this.#checkClaim(claim, taken, write.atMs);
    for (const { attempt } of write.ends) {
      for (const { gate, shard } of attempt.held?.slots ?? []) {
        if (returned.delete(`${gate} ${shard} ${attempt.id}`)) continue;
        this.#violate(`${attempt.id} ended and kept its slot of ${gate}`);
      }
    }
    this.#lines.check(write);
    for (const slot of taken) this.#violate(`${slot} was taken without a claim`);
    for (const slot of returned) this.#violate(`${slot} was given back, and its attempt goes on`);
  }

  checkEnd(): void {
    for (const [gate, shards] of this.#holders) {
      const held = [...shards.values()].flat();
      if (held.length > 0) this.#violate(`${held.length} slots of ${gate} are held at the end`);
    }
  }

  /** Slots of a gate that are held. */
  heldOf(tenant: string, gate: string): number {
    const shards = this.#holders.get(`${tenant} ${gate}`);
    return [...(shards?.values() ?? [])].flat().length;
  }

  #checkClaim(claim: AttemptChange, taken: Set<string>, atMs: number): void {
    const { instance, attempt } = claim;
    const { tenant } = instance;
    const slots = attempt.held?.slots ?? [];
    for (const { gate, shard } of slots) {
      if (!taken.delete(`${gate} ${shard} ${attempt.id}`)) {
        this.#violate(`${attempt.id} says that it holds a slot of ${gate}, which does not know it`);
      }
      const max = this.#maxOf(instance, gate);
      const held = this.heldOf(tenant, gate);
      if (max !== undefined && held > max) {
        this.#violate(`${held} slots of ${gate} are held, at most ${max} may be`);
      }
      if (max !== undefined && held === max) this.#world.saw("last slot taken");
      this.#lines.checkClaim(claim, gate, max === undefined ? undefined : max + 1 - held, atMs);
    }
    const spec = this.#definitionOf(instance)?.spec;
    for (const gate of neededGates(instance, spec, this.#facts, "concurrency")) {
      if (slots.some((slot) => slot.gate === gate)) continue;
      this.#violate(`${attempt.id} was claimed without a slot of ${gate}`);
    }
  }

  /** The highest bound that whoever granted it may have known; undefined where none is known for sure. */
  #maxOf(instance: AttemptChange["instance"], gate: string): number | undefined {
    const { tenant, group = "" } = instance;
    const [kind, name = ""] = gate.split("/");
    if (kind === "task") return this.#definitionOf(instance)?.spec.concurrency?.max;
    const all =
      kind === "limit"
        ? this.#facts.limit(tenant, name)
        : kind === "group"
          ? this.#facts.group(tenant, group)
          : this.#facts.settings(tenant);
    return Math.max(...all.map((each) => each?.spec.concurrency ?? 0));
  }

  #shardsOf(name: string): Map<string, readonly SlotHolder[]> {
    const shards = this.#holders.get(name) ?? new Map();
    this.#holders.set(name, shards);
    return shards;
  }

  #violate(detail: string): void {
    this.#world.violate(rule, detail);
  }
}

function namesOf(holders: readonly SlotHolder[]): readonly string[] {
  return holders.map(({ attemptId }) => attemptId);
}
