import { submissionsPerHour } from "../../routing/features.ts";
import { type Digest, digestOf } from "../../routing/learned-sketch.ts";
import { type LearnedRuns, sizeBucketText, type TaskProfile } from "../../routing/profile.ts";
import { routingTuning } from "../../routing/tuning.ts";
import { isoTime } from "./iso-time.ts";
import type { PlacementView } from "./placement-views.ts";

export function placementToView(profile: TaskProfile, nowMs: number): PlacementView {
  const { memoryMbFloor } = profile;
  const perHour = submissionsPerHour(profile, nowMs);
  return {
    task: profile.task,
    version: profile.taskVersion,
    placements: Object.entries(profile.placements).map(
      ([bucket, { promoted, sinceMs, reason, fits, tooSmall }]) => ({
        inputs: sizeBucketText(bucket),
        promoted,
        since: isoTime(sinceMs),
        reason,
        ...(tooSmall === undefined ? {} : { tooSmall: tooSmall.backend }),
        fits,
        fitsNeeded: routingTuning.demoteRuns,
      }),
    ),
    learned: Object.entries(profile.learned).flatMap(([backend, buckets]) =>
      Object.entries(buckets).map(([bucket, runs]) => learnedToView(backend, bucket, runs)),
    ),
    ...(memoryMbFloor === undefined ? {} : { memoryMbFloor }),
    ...(perHour === undefined ? {} : { submissionsPerHour: perHour }),
    flips: profile.flips.toReversed().map(({ atMs, to, taskVersion, sizeBucket, reason }) => ({
      at: isoTime(atMs),
      to,
      version: taskVersion,
      inputs: sizeBucketText(sizeBucket),
      reason,
    })),
  };
}

function learnedToView(
  backend: string,
  bucket: string,
  learned: LearnedRuns,
): PlacementView["learned"][number] {
  const memory = digestOf(learned.memoryMb);
  return {
    backend,
    inputs: sizeBucketText(bucket),
    runs: learned.runs,
    timeouts: learned.timeouts,
    outOfMemory: learned.outOfMemory,
    run: timesOf(digestOf(learned.runMs)),
    wait: timesOf(digestOf(learned.waitMs)),
    ...(memory === undefined ? {} : { memoryMbP95: Math.round(memory.quantile(0.95)) }),
    lastAt: isoTime(learned.lastAtMs),
  };
}

function timesOf(digest: Digest | undefined): PlacementView["learned"][number]["run"] {
  if (digest === undefined) return {};
  return {
    meanMs: Math.round(digest.mean),
    p50Ms: Math.round(digest.quantile(0.5)),
    p95Ms: Math.round(digest.quantile(0.95)),
  };
}
