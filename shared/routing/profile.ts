import type { Sketch } from "../rollup/sketch.ts";

/** What was learned about a task on one backend, for inputs of one size. Counts fade as they age. */
export interface LearnedRuns {
  readonly runMs: Sketch;
  /** From claim to start. */
  readonly waitMs: Sketch;
  readonly memoryMb: Sketch;
  readonly runs: number;
  readonly timeouts: number;
  readonly outOfMemory: number;
  readonly lastAtMs: number;
}

/** A change of mind about where a task belongs, for ever on record (the newest ones). */
export interface PlacementFlip {
  readonly atMs: number;
  readonly to: "promoted" | "demoted";
  readonly taskVersion: number;
  readonly sizeBucket: string;
  readonly reason: string;
}

/** Where a task's inputs of one size belong, as learned. */
export interface Placement {
  readonly promoted: boolean;
  readonly sinceMs: number;
  /** In words a manager understands. */
  readonly reason: string;
  /** Runs in a row that would have been fine on the smaller backend. */
  readonly fits: number;
  /** What is compared with: the backend that turned out too small, and what it can give. */
  readonly tooSmall?: {
    readonly backend: string;
    readonly limitMs?: number;
    readonly memoryMb?: number;
  };
}

/** Everything learned about a task: one record, kept up to date by whoever follows the change feed. */
export interface TaskProfile {
  readonly tenant: string;
  readonly task: string;
  /** The version that taught last; another one makes what was learned count less. */
  readonly taskVersion: number;
  /** By backend, then by bucket of the input's size. */
  readonly learned: Readonly<Record<string, Readonly<Record<string, LearnedRuns>>>>;
  /** By bucket of the input's size. */
  readonly placements: Readonly<Record<string, Placement>>;
  /** The least memory that a task needs which once ran out of it. */
  readonly memoryMbFloor?: number;
  readonly flips: readonly PlacementFlip[];
  /** Submissions of the present hour and the one before, for the feature `frequency`. */
  readonly hourly: Readonly<Record<string, number>>;
}

const boundsBytes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/** The bucket of an input's size: runs of a task are compared with others of like size only. */
export function sizeBucketOf(inputBytes: number): string {
  const place = boundsBytes.findIndex((bound) => inputBytes <= bound);
  return `b${place === -1 ? boundsBytes.length : place}`;
}

/** The inputs of a bucket as people say it. */
export function sizeBucketText(bucket: string): string {
  const bound = boundsBytes[Number(bucket.slice(1))];
  const largest = boundsBytes.at(-1) ?? 0;
  return bound === undefined ? `above ${bytesText(largest)}` : `up to ${bytesText(bound)}`;
}

function bytesText(bytes: number): string {
  return bytes >= 1_000_000 ? `${bytes / 1_000_000} MB` : `${bytes / 1_000} kB`;
}
