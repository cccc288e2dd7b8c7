import { priceRun } from "../pricing/price-run.ts";
import type { RunSize } from "../pricing/pricing.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import { digestOf, digestOfAll } from "./learned-sketch.ts";
import type { TaskProfile } from "./profile.ts";
import type { Prediction } from "./receipt.ts";
import type { RunTimes } from "./run-times.ts";
import { routingTuning } from "./tuning.ts";

export interface PredictionFacts {
  readonly backend: BackendCapabilities;
  readonly sizeBucket: string;
  readonly size: RunSize;
  readonly times: RunTimes;
  /** What an attempt would get there. */
  readonly timeoutMs: number;
  readonly profile?: TaskProfile | undefined;
}

/** What is to be expected of an attempt on a backend: estimates with three significant digits. */
export function predict(facts: PredictionFacts): Prediction {
  const { backend, size, times, timeoutMs } = facts;
  const runMs = Math.min(times.meanMs, timeoutMs);
  const comfortableMs = timeoutMs * routingTuning.comfortableShare;
  return {
    waitMs: rough(waitMsOf(facts, runMs)),
    runMs: rough(runMs),
    usd: rough(priceRun(backend.pricing, size, runMs).usd),
    timeoutRisk: Math.round(times.chanceAbove(comfortableMs) * 100) / 100,
  };
}

/** From claim to start: as it was, or as is typical, and not less than the line in front takes. */
function waitMsOf({ backend, sizeBucket, profile }: PredictionFacts, runMs: number): number {
  const learnedMs = learnedWaitMs(backend.name, sizeBucket, profile);
  const startMs = learnedMs ?? backend.startMsTypical;
  if (backend.queued === undefined) return startMs;
  const side = backend.pricing.model === "pool" ? Math.max(1, backend.pricing.slots) : 1;
  return Math.max(startMs, backend.startMsTypical + (backend.queued * runMs) / side);
}

function learnedWaitMs(
  backend: string,
  sizeBucket: string,
  profile: TaskProfile | undefined,
): number | undefined {
  const own = profile?.learned[backend];
  if (own === undefined) return undefined;
  const ofSize = own[sizeBucket];
  const digest = ofSize === undefined ? undefined : digestOf(ofSize.waitMs);
  if (digest !== undefined && digest.count >= routingTuning.enoughRuns) return digest.mean;
  const all = digestOfAll(Object.values(own).map(({ waitMs }) => waitMs));
  return all !== undefined && all.count >= routingTuning.enoughRuns ? all.mean : undefined;
}

/** Three significant digits: more would be false precision, kept with every instance. */
export function rough(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(3));
}
