import type { Rate } from "../../../shared/limit/limit.ts";
import { burstOf, intervalMsOf, type RateRecord } from "../../../shared/limit/token-bucket.ts";
import type { World } from "../world/world.ts";
import type { FactsInForce } from "./facts-in-force.ts";
import { type AttemptChange, bodiesIn, type DefinitionOf, type GateWrite } from "./gate-write.ts";
import { neededGates } from "./needed-gates.ts";

const rule = "rates are kept";
const skewMsMax = 5 * 60_000;
/** Times are kept in fractions of a millisecond. */
const hairMs = 0.01;

/**
 * Each start moves its bucket on by one interval, and never further ahead of a clock than a burst. So
 * in any time T no more start than a burst and what comes in T, T longer by what two clocks differ.
 */
export class RateChecks {
  readonly #world: World;
  readonly #facts: FactsInForce;
  readonly #definitionOf: DefinitionOf;
  readonly #latest = new Map<string, RateRecord>();

  constructor(world: World, facts: FactsInForce, definitionOf: DefinitionOf) {
    this.#world = world;
    this.#facts = facts;
    this.#definitionOf = definitionOf;
  }

  check(write: GateWrite): void {
    const moved = new Set<string>();
    for (const { tenant, name, body } of bodiesIn<RateRecord>(write, "rate")) {
      const before = this.#latest.get(`${tenant} ${name}`);
      this.#latest.set(`${tenant} ${name}`, body);
      if (write.claims.length > 0) this.#checkStart(write, name, before, body);
      else this.#checkIdle(name, before, body);
      if (body.evenlyAtMs !== before?.evenlyAtMs) moved.add(name);
    }
    for (const { instance, attempt } of write.claims) {
      const spec = this.#definitionOf(instance)?.spec;
      for (const gate of neededGates(instance, spec, this.#facts, "rate")) {
        if (moved.has(gate)) continue;
        this.#violate(`${attempt.id} was claimed without a start of ${gate}`);
      }
    }
  }

  #checkStart(
    { atMs, claims }: GateWrite,
    gate: string,
    before: RateRecord | undefined,
    { evenlyAtMs, rate }: RateRecord,
  ): void {
    const [interval, skewMs] = [intervalMsOf(rate), this.#skewMs()];
    const isSame = before !== undefined && isLike(before.rate)(rate);
    if (isSame && evenlyAtMs < before.evenlyAtMs + interval - hairMs) {
      this.#violate(`a start of ${gate} moved it on by ${evenlyAtMs - before.evenlyAtMs} ms`);
    }
    if (evenlyAtMs > atMs + skewMs + burstOf(rate) * interval + hairMs) {
      this.#violate(`${gate} is ${evenlyAtMs - atMs} ms ahead of its starts`);
    }
    const [claim] = claims;
    const isRight = claim === undefined || this.#ratesOf(claim, gate).some(isLike(rate));
    if (!isRight) this.#violate(`${gate} has a rate that nobody has set: ${JSON.stringify(rate)}`);
    if (startsMore(before, rate, atMs)) this.#world.saw("start within a burst");
  }

  #checkIdle(gate: string, before: RateRecord | undefined, after: RateRecord): void {
    if (before === undefined || before.evenlyAtMs === after.evenlyAtMs) return;
    this.#violate(`${gate} moved by ${after.evenlyAtMs - before.evenlyAtMs} ms without a start`);
  }

  #ratesOf({ instance }: AttemptChange, gate: string): readonly (Rate | undefined)[] {
    const { tenant, group = "" } = instance;
    const [kind, name = ""] = gate.split("/");
    if (kind === "task") return [this.#definitionOf(instance)?.spec.rate];
    if (kind === "limit") return this.#facts.limit(tenant, name).map((each) => each?.spec.rate);
    if (kind === "group") return this.#facts.group(tenant, group).map((each) => each?.spec.rate);
    return this.#facts.settings(tenant).map((each) => each?.spec.rate);
  }

  #skewMs(): number {
    const { faults } = this.#world;
    return faults.isEnabled("skewedClock") || faults.isEnabled("clockJump") ? skewMsMax : 0;
  }

  #violate(detail: string): void {
    this.#world.violate(rule, detail);
  }
}

function isLike(rate: Rate): (other: Rate | undefined) => boolean {
  return (other) =>
    other !== undefined &&
    intervalMsOf(other) === intervalMsOf(rate) &&
    burstOf(other) === burstOf(rate);
}

function startsMore(before: RateRecord | undefined, rate: Rate, atMs: number): boolean {
  return before !== undefined && burstOf(rate) > 1 && before.evenlyAtMs > atMs;
}
