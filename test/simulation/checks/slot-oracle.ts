import { isExpressionError, parseExpression } from "../../../shared/schedule/expression.ts";
import {
  type Fire,
  type FireRules,
  firesBetween,
  nextFire,
} from "../../../shared/schedule/fires.ts";
import type { Schedule } from "../../../shared/schedule/schedule.ts";

const firesMax = 20_000;

/** The slots of a schedule as the engine has them, whatever its record says of how far it has come. */
export class SlotOracle {
  readonly #rules: FireRules;
  readonly #sinceMs: number;

  constructor({
    tenant,
    name,
    spec,
    anchorMs,
    sinceMs,
  }: Pick<Schedule, "tenant" | "name" | "spec" | "anchorMs" | "sinceMs">) {
    const expression = parseExpression(spec.expression);
    if (isExpressionError(expression)) throw new RangeError(`${name}: ${expression.message}`);
    const { startAt, endAt, timezone, onClosedDay, jitterSeconds } = spec;
    this.#sinceMs = sinceMs;
    this.#rules = {
      expression,
      timezone,
      anchorMs,
      onClosedDay,
      jitterSeconds,
      jitterSeed: `${tenant}/${name}`,
      ...(startAt === undefined ? {} : { startMs: Date.parse(startAt) }),
      ...(endAt === undefined ? {} : { endMs: Date.parse(endAt) }),
    };
  }

  /** The slots after one instant and up to another that count at all. */
  between(fromMs: number, toMs: number): readonly Fire[] {
    return firesBetween(this.#rules, Math.max(fromMs, this.#sinceMs), toMs, firesMax);
  }

  after(fromMs: number): Fire | undefined {
    return nextFire(this.#rules, Math.max(fromMs, this.#sinceMs));
  }

  at(nominalMs: number): Fire | undefined {
    const [fire] = firesBetween(this.#rules, nominalMs - 1, nominalMs, 1);
    return fire;
  }

  /** All slots of a stretch of nominal times, also those from before it was defined. */
  inStretch(fromMs: number, toMs: number): readonly Fire[] {
    return firesBetween(this.#rules, fromMs - 1, toMs, firesMax);
  }
}
