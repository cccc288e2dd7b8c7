import type { TaskNeeds } from "../task/task.ts";
import { type Digest, digestOf, digestOfAll } from "./learned-sketch.ts";
import type { TaskProfile } from "./profile.ts";
import { routingTuning } from "./tuning.ts";

/** What is expected of the length of a run. */
export interface RunTimes {
  /** What it rests on most. "unknown" is a guess that nothing speaks for. */
  readonly basis: "history" | "estimate" | "unknown";
  readonly meanMs: number;
  /** The chance that a run takes longer than this, 0 to 1. */
  chanceAbove(ms: number): number;
}

const { enoughRuns, unknownRunMs, declaredSpread, unknownSpread } = routingTuning;

/**
 * How long runs take on a backend with inputs of one size: by that backend's own runs with such
 * inputs if there are enough, else by its runs with any, by runs elsewhere with such inputs, or by
 * all there are. While even those are too few, the declared estimate (or a guess) makes up for the rest.
 */
export function runTimesOn(
  backend: string,
  sizeBucket: string,
  needs: TaskNeeds,
  profile: TaskProfile | undefined,
): RunTimes {
  const runs = profile === undefined ? undefined : knownRuns(profile, backend, sizeBucket);
  const count = runs?.count ?? 0;
  if (runs !== undefined && count >= enoughRuns) {
    return { basis: "history", meanMs: runs.mean, chanceAbove: (ms) => runs.shareAbove(ms) };
  }
  const prior = priorOf(needs);
  if (runs === undefined) return prior;
  const share = count / enoughRuns;
  return {
    basis: prior.basis,
    meanMs: share * runs.mean + (1 - share) * prior.meanMs,
    chanceAbove: (ms) => share * runs.shareAbove(ms) + (1 - share) * prior.chanceAbove(ms),
  };
}

const knownByProfile = new WeakMap<TaskProfile, Map<string, Digest | undefined>>();

/** Profiles never change, so each question about one is worked out once. */
function knownRuns(profile: TaskProfile, backend: string, sizeBucket: string): Digest | undefined {
  let answers = knownByProfile.get(profile);
  if (answers === undefined) {
    answers = new Map();
    knownByProfile.set(profile, answers);
  }
  const question = `${backend} ${sizeBucket}`;
  if (!answers.has(question)) answers.set(question, findRuns(profile, backend, sizeBucket));
  return answers.get(question);
}

function findRuns(profile: TaskProfile, backend: string, sizeBucket: string): Digest | undefined {
  const everywhere = Object.values(profile.learned);
  const own = profile.learned[backend] ?? {};
  const choices = [
    [own[sizeBucket]],
    Object.values(own),
    everywhere.map((buckets) => buckets[sizeBucket]),
    everywhere.flatMap((buckets) => Object.values(buckets)),
  ];
  let most: Digest | undefined;
  for (const choice of choices) {
    const sketches = choice.flatMap((learned) => (learned === undefined ? [] : [learned.runMs]));
    const digest =
      sketches[0] !== undefined && sketches.length === 1
        ? digestOf(sketches[0])
        : digestOfAll(sketches);
    if (digest === undefined) continue;
    if (digest.count >= enoughRuns) return digest;
    if (most === undefined || digest.count > most.count) most = digest;
  }
  return most;
}

/** Everything known about inputs of this size, wherever they ran; undefined below enough runs. */
export function runsOfSize(profile: TaskProfile, sizeBucket: string): Digest | undefined {
  // No backend has this name, so only what all of them say together is asked.
  const runs = knownRuns(profile, "", sizeBucket);
  return runs !== undefined && runs.count >= enoughRuns ? runs : undefined;
}

/** What is expected before anything has run: the logarithm of a run's time has a normal distribution. */
function priorOf({ executionSecondsEstimate, executionSecondsVariance }: TaskNeeds): RunTimes {
  if (executionSecondsEstimate === undefined) {
    return logNormal("unknown", unknownRunMs, unknownSpread);
  }
  const meanMs = executionSecondsEstimate * 1_000;
  const spread =
    executionSecondsVariance === undefined
      ? declaredSpread
      : Math.sqrt(Math.log1p(executionSecondsVariance / executionSecondsEstimate ** 2));
  return logNormal("estimate", meanMs, spread);
}

function logNormal(basis: RunTimes["basis"], meanMs: number, spread: number): RunTimes {
  const middle = Math.log(meanMs) - spread ** 2 / 2;
  return {
    basis,
    meanMs,
    chanceAbove(ms) {
      if (spread === 0) return meanMs > ms ? 1 : 0;
      return ms <= 0 ? 1 : normalTail((Math.log(ms) - middle) / spread);
    },
  };
}

/** The chance that a standard normal value exceeds z, to about 1e-5 (Abramowitz and Stegun 26.2.16). */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const t = 1 / (1 + 0.33267 * z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return density * t * (0.4361836 + t * (-0.1201676 + t * 0.937298));
}
