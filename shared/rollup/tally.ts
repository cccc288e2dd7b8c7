import type { Attempt, Instance } from "../instance/instance.ts";
import type { InstanceState } from "../instance/moves.ts";
import { runMsOf } from "../instance/run-ms.ts";
import { attemptUsd, roundedUsd } from "../pricing/attempt-usd.ts";
import { bucketName, type Rollup, type RollupSpan } from "./rollup.ts";
import { countInSketch } from "./sketch.ts";
import { whatChanged } from "./what-changed.ts";

const spans: readonly RollupSpan[] = ["minute", "hour"];
const minuteMs = 60_000;

/** A rollup while it is being counted: nobody else sees it until it is taken. */
interface Counting {
  readonly tenant: string;
  readonly task: string;
  readonly backend: string;
  readonly bucket: string;
  submitted: number;
  readonly finished: Partial<Record<InstanceState, number>>;
  attempts: number;
  attemptsFailed: number;
  runMsSum: number;
  waitMsSum: number;
  usdSum: number;
  readonly runMs: Record<string, number>;
  readonly waitMs: Record<string, number>;
}

/** What one write of an instance adds to the rollups of its task. */
interface Contribution {
  readonly atMs: number;
  readonly backend: string;
  readonly submitted: boolean;
  readonly finishedAs: InstanceState | undefined;
  /** Set when an attempt ended. */
  readonly attempt:
    | {
        readonly failed: boolean;
        readonly runMs: number | undefined;
        readonly waitMs: number | undefined;
        readonly usd: number;
      }
    | undefined;
}

/**
 * Sums up the rollups of many changes. Each version of an instance counts what its own write did,
 * told by the history entry of that very version, so each transition counts once however the feed is
 * cut.
 */
export class RollupTally {
  readonly #byKey = new Map<string, Counting>();
  #minute = -1;
  #buckets: Readonly<Record<RollupSpan, string>> = { minute: "", hour: "" };

  /** How many rollups were touched. */
  get size(): number {
    return this.#byKey.size;
  }

  add(instance: Instance): void {
    const contribution = contributionOf(instance);
    if (contribution === undefined) return;
    for (const span of spans) {
      const bucket = this.#bucket(span, contribution.atMs);
      count(this.#counting(instance, contribution.backend, bucket), contribution);
    }
  }

  rollups(): readonly Rollup[] {
    return [...this.#byKey.values()];
  }

  #counting({ tenant, task }: Instance, backend: string, bucket: string): Counting {
    const key = `${tenant}#${task}#${backend}#${bucket}`;
    let counting = this.#byKey.get(key);
    if (counting === undefined) {
      counting = {
        tenant,
        task,
        backend,
        bucket,
        submitted: 0,
        finished: {},
        attempts: 0,
        attemptsFailed: 0,
        runMsSum: 0,
        waitMsSum: 0,
        usdSum: 0,
        runMs: {},
        waitMs: {},
      };
      this.#byKey.set(key, counting);
    }
    return counting;
  }

  /** Neighbours in the feed are nearly always of the same minute. */
  #bucket(span: RollupSpan, atMs: number): string {
    const minute = Math.floor(atMs / minuteMs);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#buckets = { minute: bucketName("minute", atMs), hour: bucketName("hour", atMs) };
    }
    return this.#buckets[span];
  }
}

function contributionOf(instance: Instance): Contribution | undefined {
  const changed = whatChanged(instance);
  if (changed === undefined) return undefined;
  const { entry, attempt, ended, submitted, finishedAs } = changed;
  return {
    atMs: entry.atMs,
    backend: attempt?.backend ?? "none",
    submitted,
    finishedAs,
    attempt: ended && attempt !== undefined ? endOf(instance, attempt) : undefined,
  };
}

function endOf(instance: Instance, attempt: Attempt): NonNullable<Contribution["attempt"]> {
  const { startedAtMs, claimedAtMs } = attempt;
  return {
    failed: attempt.outcome !== "succeeded",
    runMs: runMsOf(attempt),
    waitMs:
      startedAtMs === undefined
        ? undefined
        : Math.max(0, startedAtMs - Math.min(claimedAtMs, instance.dueAtMs)),
    usd: attemptUsd(attempt),
  };
}

function count(counting: Counting, { submitted, finishedAs, attempt }: Contribution): void {
  if (submitted) counting.submitted += 1;
  if (finishedAs !== undefined) {
    counting.finished[finishedAs] = (counting.finished[finishedAs] ?? 0) + 1;
  }
  if (attempt === undefined) return;
  counting.attempts += 1;
  if (attempt.failed) counting.attemptsFailed += 1;
  if (attempt.usd > 0) counting.usdSum = roundedUsd(counting.usdSum + attempt.usd);
  if (attempt.runMs !== undefined) {
    counting.runMsSum += attempt.runMs;
    countInSketch(counting.runMs, attempt.runMs);
  }
  if (attempt.waitMs !== undefined) {
    counting.waitMsSum += attempt.waitMs;
    countInSketch(counting.waitMs, attempt.waitMs);
  }
}
