import { limits } from "../core/limits.ts";
import { inputBytesOf } from "../instance/input-bytes.ts";
import type { Attempt, Instance } from "../instance/instance.ts";
import { runMsOf } from "../instance/run-ms.ts";
import { whatChanged } from "../rollup/what-changed.ts";
import { fadedSketch, withValue } from "./learned-sketch.ts";
import { type LearnedRuns, type PlacementFlip, sizeBucketOf, type TaskProfile } from "./profile.ts";
import { nextPlacement } from "./promotion.ts";
import { routingTuning } from "./tuning.ts";

const hourMs = 3_600_000;

/** What is known of a task before anything has happened. */
export function emptyProfile(tenant: string, task: string, taskVersion: number): TaskProfile {
  return { tenant, task, taskVersion, learned: {}, placements: {}, flips: [], hourly: {} };
}

/** True when this version of an instance teaches anything. */
export function teaches(instance: Instance): boolean {
  const changed = whatChanged(instance);
  return changed !== undefined && (changed.submitted || changed.ended);
}

/**
 * The profile after one more write of an instance of its task: a submission counts for the task's
 * frequency, an ended attempt for everything else. Learns from each version once, as rollups count.
 * Pure; answers the same profile when there is nothing to learn.
 */
export function learn(profile: TaskProfile, instance: Instance): TaskProfile {
  const changed = whatChanged(instance);
  if (changed === undefined) return profile;
  const { entry, submitted, ended, attempt } = changed;
  const counted = submitted ? withSubmission(profile, entry.atMs) : profile;
  if (!ended || attempt === undefined) return counted;
  // What an older version does says nothing about the one that replaced it.
  if (instance.taskVersion < counted.taskVersion) return counted;
  const current =
    instance.taskVersion > counted.taskVersion
      ? fadedProfile(counted, instance.taskVersion)
      : counted;
  return withAttempt(current, attempt, sizeBucketOf(inputBytesOf(instance)), entry.atMs);
}

/** Submissions of the present hour and the one before; older hours are dropped. */
function withSubmission(profile: TaskProfile, atMs: number): TaskProfile {
  const hour = Math.floor(atMs / hourMs);
  const newest = Math.max(hour, ...Object.keys(profile.hourly).map(Number));
  const hourly: Record<string, number> = {};
  for (const kept of [newest - 1, newest]) {
    const count = (profile.hourly[String(kept)] ?? 0) + (kept === hour ? 1 : 0);
    if (count > 0) hourly[String(kept)] = count;
  }
  return { ...profile, hourly };
}

/** A new version is mostly like the one before: what that taught stays, but counts for less. */
function fadedProfile(profile: TaskProfile, taskVersion: number): TaskProfile {
  const learned: Record<string, Record<string, LearnedRuns>> = {};
  for (const [backend, buckets] of Object.entries(profile.learned)) {
    const faded: Record<string, LearnedRuns> = {};
    for (const [bucket, runs] of Object.entries(buckets)) {
      faded[bucket] = fadedRuns(runs, routingTuning.newVersionShare);
    }
    learned[backend] = faded;
  }
  return { ...profile, taskVersion, learned };
}

function fadedRuns(runs: LearnedRuns, share: number): LearnedRuns {
  const less = (count: number): number => Math.round(count * share * 10) / 10;
  return {
    runMs: fadedSketch(runs.runMs, share),
    waitMs: fadedSketch(runs.waitMs, share),
    memoryMb: fadedSketch(runs.memoryMb, share),
    runs: less(runs.runs),
    timeouts: less(runs.timeouts),
    outOfMemory: less(runs.outOfMemory),
    lastAtMs: runs.lastAtMs,
  };
}

const noRuns: LearnedRuns = {
  runMs: {},
  waitMs: {},
  memoryMb: {},
  runs: 0,
  timeouts: 0,
  outOfMemory: 0,
  lastAtMs: 0,
};

function withAttempt(
  profile: TaskProfile,
  attempt: Attempt,
  bucket: string,
  atMs: number,
): TaskProfile {
  const own = profile.learned[attempt.backend] ?? {};
  const learned = learnedFrom(own[bucket] ?? noRuns, attempt, atMs);
  const grown: TaskProfile = {
    ...profile,
    ...floorAfter(profile, attempt),
    learned: { ...profile.learned, [attempt.backend]: { ...own, [bucket]: learned } },
  };
  const present = profile.placements[bucket];
  const placement = nextPlacement({ attempt, runMs: runMsOf(attempt), learned, present, atMs });
  if (placement === undefined || placement === present) return grown;
  const placed = { ...grown, placements: { ...grown.placements, [bucket]: placement } };
  if (placement.promoted === (present?.promoted ?? false)) return placed;
  const flip: PlacementFlip = {
    atMs,
    to: placement.promoted ? "promoted" : "demoted",
    taskVersion: profile.taskVersion,
    sizeBucket: bucket,
    reason: placement.reason,
  };
  const flipped = { ...placed, flips: [...placed.flips, flip].slice(-limits.flipsKept) };
  const tooSmall = present?.tooSmall?.backend;
  return placement.promoted || tooSmall === undefined
    ? flipped
    : withoutOldRuns(flipped, tooSmall, bucket);
}

/** What made it leave a backend must not send it away again as soon as it has come back. */
function withoutOldRuns(profile: TaskProfile, backend: string, bucket: string): TaskProfile {
  const { [bucket]: _, ...others } = profile.learned[backend] ?? {};
  return { ...profile, learned: { ...profile.learned, [backend]: others } };
}

/**
 * Run times are those of successes, and of time-outs as the least they would have taken; how long a
 * failure took says nothing about how long the work takes.
 */
function learnedFrom(known: LearnedRuns, attempt: Attempt, atMs: number): LearnedRuns {
  const { startedAtMs, claimedAtMs, usage, error, timeoutMs } = attempt;
  const isTimeout = error?.class === "timeout" || error?.class === "outgrown";
  const measuredMs = runMsOf(attempt);
  const tells = attempt.outcome === "succeeded" || isTimeout;
  const runMs =
    tells && measuredMs !== undefined
      ? Math.max(measuredMs, isTimeout ? (timeoutMs ?? 0) : 0)
      : undefined;
  const peakMb = usage?.memoryMbPeak;
  const next: LearnedRuns = {
    runMs: runMs === undefined ? known.runMs : withValue(known.runMs, runMs),
    waitMs:
      startedAtMs === undefined
        ? known.waitMs
        : withValue(known.waitMs, Math.max(0, startedAtMs - claimedAtMs)),
    memoryMb: tells && peakMb !== undefined ? withValue(known.memoryMb, peakMb) : known.memoryMb,
    runs: known.runs + (runMs === undefined ? 0 : 1),
    timeouts: known.timeouts + (isTimeout ? 1 : 0),
    outOfMemory: known.outOfMemory + (error?.class === "out_of_memory" ? 1 : 0),
    lastAtMs: Math.max(known.lastAtMs, atMs),
  };
  return countOf(next.waitMs) > routingTuning.learnedRunsMax ? fadedRuns(next, 0.5) : next;
}

function countOf(sketch: LearnedRuns["waitMs"]): number {
  let count = 0;
  for (const bucket in sketch) count += sketch[bucket] ?? 0;
  return count;
}

/** What was not enough once is never tried again: the next attempts get a multiple of it. */
function floorAfter(
  { memoryMbFloor = 0 }: TaskProfile,
  { error, memoryMb = 0, usage }: Attempt,
): Pick<TaskProfile, "memoryMbFloor"> {
  if (error?.class !== "out_of_memory") return {};
  const hadMb = Math.max(memoryMb, usage?.memoryMbPeak ?? 0);
  const floorMb = Math.ceil(hadMb * routingTuning.memoryGrowth);
  return floorMb > memoryMbFloor ? { memoryMbFloor: floorMb } : {};
}
