import type { WhatIfView } from "../../shared/contract/http/comparison-views.ts";
import type { OptionValues } from "./option-values.ts";
import { UsageError } from "./usage-error.ts";

/** An amount, or a share of the whole. */
export type Bound = { readonly amount: number } | { readonly percent: number };

/** What other rules may cost before they are refused; what is left out may be anything. */
export interface Bounds {
  readonly usdIncrease?: Bound;
  readonly moved?: Bound;
  readonly timeouts?: Bound;
}

export function boundsOf(options: OptionValues): Bounds {
  const usdIncrease = boundOf(options, "max-usd-increase");
  const moved = boundOf(options, "max-moved");
  const timeouts = boundOf(options, "max-timeouts");
  if (timeouts !== undefined && "percent" in timeouts) {
    throw new UsageError("--max-timeouts takes a number of attempts, not a share");
  }
  return {
    ...(usdIncrease === undefined ? {} : { usdIncrease }),
    ...(moved === undefined ? {} : { moved }),
    ...(timeouts === undefined ? {} : { timeouts }),
  };
}

function boundOf(options: OptionValues, name: string): Bound | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const [, number, percent] = /^\$?(\d+(?:\.\d+)?)\s*(%?)$/.exec(text) ?? [];
  if (number === undefined) {
    throw new UsageError(
      `--${name} takes a number of 0 or more, and "${text}" is none`,
      `write an amount such as 10, or a share such as 5%`,
    );
  }
  return percent === "%" ? { percent: Number(number) } : { amount: Number(number) };
}

/** One sentence for each bound that is exceeded. */
export function broken(bounds: Bounds, found: WhatIfView): readonly string[] {
  const { usdIncrease, moved, timeouts } = bounds;
  const complaints: string[] = [];
  const check = (bound: Bound | undefined, value: number, whole: number, what: string): void => {
    if (bound === undefined) return;
    const percent = whole > 0 ? (value / whole) * 100 : value > 0 ? Number.POSITIVE_INFINITY : 0;
    if ("percent" in bound) {
      if (percent <= bound.percent) return;
      complaints.push(`${what}: ${rounded(percent)} %, at most ${bound.percent} % are allowed`);
    } else if (value > bound.amount) {
      complaints.push(`${what}: ${rounded(value)}, at most ${bound.amount} are allowed`);
    }
  };
  check(usdIncrease, found.usd.delta, found.usd.before, "dearer in dollars");
  check(moved, found.moved, found.instances, "instances that move");
  check(timeouts, found.predictedTimeouts.delta, 0, "more timeouts expected");
  return complaints;
}

function rounded(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "without end";
}
