import type { BeforeAfter } from "./before-after.ts";

/** One instance that other rules would have moved. */
export interface WhatIfExample {
  readonly instanceId: string;
  readonly task: string;
  readonly from: string;
  readonly to: string;
  readonly usd: BeforeAfter;
  readonly latencyMs: BeforeAfter;
  readonly timeouts: BeforeAfter;
  /** The rule that would have decided, and why. */
  readonly rule: string;
  readonly reason: string;
}

interface Ranked {
  readonly example: WhatIfExample;
  readonly timeouts: number;
  readonly usd: number;
}

/** Keeps the worst of many: first those that would time out, then by money and time lost. */
export class LargestLosses {
  readonly #kept: Ranked[] = [];
  readonly #max: number;
  readonly #usdPerSecond: number;

  constructor(max: number, usdPerSecond: number) {
    this.#max = max;
    this.#usdPerSecond = usdPerSecond;
  }

  consider(example: WhatIfExample): void {
    const { usd, latencyMs, timeouts } = example;
    const ranked: Ranked = {
      example,
      timeouts: timeouts.delta,
      usd: usd.delta + (latencyMs.delta / 1_000) * this.#usdPerSecond,
    };
    if (ranked.timeouts <= 0 && ranked.usd <= 0) return;
    const last = this.#kept.at(-1);
    if (this.#kept.length === this.#max && last !== undefined && !isWorse(ranked, last)) return;
    const place = this.#kept.findIndex((kept) => isWorse(ranked, kept));
    this.#kept.splice(place === -1 ? this.#kept.length : place, 0, ranked);
    if (this.#kept.length > this.#max) this.#kept.pop();
  }

  worstFirst(): readonly WhatIfExample[] {
    return this.#kept.map(({ example }) => example);
  }
}

/** Of equal losses the one that was seen first goes first. */
function isWorse(left: Ranked, right: Ranked): boolean {
  if (left.timeouts !== right.timeouts) return left.timeouts > right.timeouts;
  return left.usd > right.usd;
}
