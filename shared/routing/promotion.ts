import type { Attempt } from "../instance/instance.ts";
import { digestOf } from "./learned-sketch.ts";
import type { LearnedRuns, Placement } from "./profile.ts";
import { routingTuning } from "./tuning.ts";

/** What an ended attempt says about where its task's inputs of this size belong. */
export interface PlacementFacts {
  readonly attempt: Attempt;
  readonly runMs: number | undefined;
  /** What is known of that backend and size, this attempt included. */
  readonly learned: LearnedRuns;
  readonly present: Placement | undefined;
  readonly atMs: number;
}

type TooSmall = NonNullable<Placement["tooSmall"]>;

/**
 * Where the task's inputs of this size belong after one more attempt; the present placement itself
 * when nothing changed. Promotes at once after a real time-out or out-of-memory on a backend that can
 * give no more, or when such an end has become likely; comes back only after many runs in a row that
 * would have fit with room to spare. Pure.
 */
export function nextPlacement(facts: PlacementFacts): Placement | undefined {
  const { present } = facts;
  return present?.promoted === true ? whilePromoted(facts, present) : whileNot(facts);
}

function whileNot(facts: PlacementFacts): Placement | undefined {
  const hit = hitLimit(facts) ?? nearLimit(facts);
  if (hit === undefined) return facts.present;
  return {
    promoted: true,
    sinceMs: facts.atMs,
    reason: hit.reason,
    fits: 0,
    tooSmall: hit.tooSmall,
  };
}

interface Hit {
  readonly reason: string;
  readonly tooSmall: TooSmall;
}

/** A real end at a limit of the backend. */
function hitLimit({ attempt, atMs }: PlacementFacts): Hit | undefined {
  const { backend, timeoutMs, memoryMb, error } = attempt;
  const day = dayText(atMs);
  if (error?.class === "outgrown" || (error?.class === "timeout" && timeoutMs !== undefined)) {
    const limitMs = timeoutMs ?? attempt.usage?.durationMs ?? 0;
    return {
      reason: `the last run needed more than ${displayName(backend)}'s ${spanText(limitMs)} (timed out after ${Math.round(limitMs / 1_000)} s on ${day})`,
      tooSmall: { backend, limitMs },
    };
  }
  if (error?.class === "out_of_memory" && attempt.fixedSize === true) {
    const size = memoryMb === undefined ? "" : ` of ${memoryMb} MB`;
    return {
      reason: `the last run needed more memory than ${displayName(backend)}'s fixed size${size} (on ${day})`,
      tooSmall: { backend, ...(memoryMb === undefined ? {} : { memoryMb }) },
    };
  }
  return undefined;
}

/** An end at the backend's time limit that has become likely; only where the limit is the backend's. */
function nearLimit({ attempt, learned }: PlacementFacts): Hit | undefined {
  const { timeoutMs, backend } = attempt;
  if (timeoutMs === undefined || learned.runs < routingTuning.promoteRunsMin) return undefined;
  const comfortableMs = timeoutMs * routingTuning.comfortableShare;
  const share = digestOf(learned.runMs)?.shareAbove(comfortableMs) ?? 0;
  if (share <= routingTuning.riskMax) return undefined;
  const percent = Math.round(share * 100);
  return {
    reason: `${percent} % of its last runs needed more than ${Math.round(comfortableMs / 1_000)} of ${displayName(backend)}'s ${Math.round(timeoutMs / 1_000)} s`,
    tooSmall: { backend, limitMs: timeoutMs },
  };
}

/** Failures that say nothing about size neither help nor hinder the way back. */
function whilePromoted(facts: PlacementFacts, present: Placement): Placement {
  const { attempt, atMs } = facts;
  if (hitLimit(facts) !== undefined || attempt.error?.class === "timeout") {
    return present.fits === 0 ? present : { ...present, fits: 0 };
  }
  if (attempt.outcome !== "succeeded" || present.tooSmall === undefined) return present;
  const fit = wouldFit(facts, present.tooSmall);
  if (fit === undefined) return present;
  if (!fit) return present.fits === 0 ? present : { ...present, fits: 0 };
  const fits = present.fits + 1;
  if (fits < routingTuning.demoteRuns) return { ...present, fits };
  const { backend } = present.tooSmall;
  return {
    promoted: false,
    sinceMs: atMs,
    reason: `its last ${fits} runs would have fit ${displayName(backend)} with room to spare`,
    fits: 0,
  };
}

/** Whether a run would have been fine on the smaller backend; undefined when it cannot be told. */
function wouldFit({ attempt, runMs }: PlacementFacts, tooSmall: TooSmall): boolean | undefined {
  const share = routingTuning.demoteShare;
  if (tooSmall.limitMs !== undefined) {
    return runMs === undefined ? undefined : runMs <= tooSmall.limitMs * share;
  }
  const usedMb = attempt.usage?.memoryMbPeak;
  if (usedMb === undefined || tooSmall.memoryMb === undefined) return undefined;
  return usedMb <= tooSmall.memoryMb * share;
}

/** As people call it. */
function displayName(backend: string): string {
  return backend === "lambda" ? "Lambda" : backend;
}

function spanText(ms: number): string {
  const minutes = ms / 60_000;
  return minutes >= 1 && Number.isInteger(minutes)
    ? `${minutes} ${minutes === 1 ? "minute" : "minutes"}`
    : `${Math.round(ms / 100) / 10} s`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function dayText(atMs: number): string {
  const day = new Date(atMs);
  return `${day.getUTCDate()} ${months[day.getUTCMonth()]}`;
}
