import type { RunSize } from "../pricing/pricing.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import {
  type FeasibilityFacts,
  isOutOfQuestion,
  type Misgiving,
  memoryMbFloorOf,
  objectionsTo,
} from "./feasible.ts";
import { predict } from "./predict.ts";
import { sizeBucketOf } from "./profile.ts";
import type { Prediction, ReceiptCandidate } from "./receipt.ts";
import { runSizeOn } from "./run-size.ts";
import { runTimesOn } from "./run-times.ts";

export interface ConsideredFacts extends FeasibilityFacts {
  /** In the host's order of preference. */
  readonly backends: readonly BackendCapabilities[];
}

/** A backend as it was weighed for one attempt. */
export interface Considered {
  readonly backend: BackendCapabilities;
  readonly verdict: "feasible" | "unavailable" | "excluded";
  /** One sentence each; empty when feasible. */
  readonly exclusions: readonly string[];
  /** What speaks against it, whether or not that counted. */
  readonly misgivings: readonly Misgiving[];
  /** What an attempt would get here. */
  readonly size: RunSize;
  readonly timeoutMs: number;
  readonly predicted?: Prediction;
}

interface Weighed extends Omit<Considered, "verdict"> {
  /** Nothing excludes it for good. */
  readonly possible: boolean;
}

/** Weighs every backend for the next attempt of an instance: what rules then choose among. Pure. */
export function consider(facts: ConsideredFacts): readonly Considered[] {
  const weighed = inOrder(facts).map((backend) => weigh(backend, facts));
  return weighed.map((each) => judged(each, weighed));
}

function weigh(backend: BackendCapabilities, facts: ConsideredFacts): Weighed {
  const { spec, instance, inputBytes, profile } = facts;
  const sizeBucket = sizeBucketOf(inputBytes);
  const times = runTimesOn(backend.name, sizeBucket, spec.needs, profile);
  const { exclusions, misgivings } = objectionsTo(backend, facts, times);
  const size = runSizeOn(backend, spec.needs, memoryMbFloorOf(facts));
  const timeoutMs = Math.min(instance.timeoutSeconds, backend.timeoutSecondsMax) * 1_000;
  const predicted = isOutOfQuestion(backend, facts)
    ? undefined
    : predict({ backend, sizeBucket, size, times, timeoutMs, profile });
  return {
    backend,
    possible: exclusions.length === 0,
    exclusions,
    misgivings,
    size,
    timeoutMs,
    ...(predicted === undefined ? {} : { predicted }),
  };
}

/**
 * Misgivings exclude a backend only while there is another one without. What this very instance ran
 * into also excludes it while that other one takes nothing; what others ran into does not.
 */
function judged(each: Weighed, all: readonly Weighed[]): Considered {
  const { possible, ...rest } = each;
  if (!possible) return { ...rest, verdict: "excluded" };
  const { unavailable } = each.backend;
  const counting = each.misgivings.filter(({ kind }) =>
    all.some(
      (other) =>
        other !== each &&
        other.possible &&
        other.misgivings.length === 0 &&
        (kind === "earlier attempt" || other.backend.unavailable === undefined),
    ),
  );
  if (counting.length > 0) {
    return { ...rest, verdict: "excluded", exclusions: counting.map(({ text }) => text) };
  }
  if (unavailable !== undefined) {
    return { ...rest, verdict: "unavailable", exclusions: [unavailable] };
  }
  return { ...rest, verdict: "feasible" };
}

/** The task's own order first. */
function inOrder({ spec, backends }: ConsideredFacts): readonly BackendCapabilities[] {
  const wanted = spec.backends;
  if (wanted === undefined) return backends;
  const listed = wanted.flatMap((name) => backends.filter((backend) => backend.name === name));
  return [...listed, ...backends.filter((backend) => !wanted.includes(backend.name))];
}

/** As the receipt keeps it. */
export function candidateOf(considered: Considered): ReceiptCandidate {
  const { backend, verdict, exclusions, misgivings, predicted } = considered;
  const promoted = verdict === "excluded" && misgivings.some(({ kind }) => kind === "promoted");
  return {
    backend: backend.name,
    type: backend.type,
    feasible: verdict === "feasible",
    exclusions,
    ...(verdict === "unavailable" ? { temporary: true as const } : {}),
    ...(promoted ? { promoted } : {}),
    ...sizeOf(considered),
    ...(predicted === undefined ? {} : { predicted }),
  };
}

/** `512 MB` or `0.5 vCPU/1 GB`, where the price goes by it. */
function sizeOf({ backend, size, predicted }: Considered): Pick<ReceiptCandidate, "size"> {
  if (predicted === undefined) return {};
  const { memoryMb, cpuCores } = size;
  const memory = memoryMb % 1_024 === 0 ? `${memoryMb / 1_024} GB` : `${memoryMb} MB`;
  switch (backend.pricing.model) {
    case "lambda":
      return { size: memory };
    case "fargate":
    case "alicloud-fc":
      return { size: `${cpuCores} vCPU/${memory}` };
    default:
      return {};
  }
}
