import type { PoolStrategy } from "./pool.ts";

/** An attempt that waits in a pool's line. */
export interface WaitingAttempt {
  readonly id: string;
  /** What makes attempts stick to one worker. */
  readonly stickyKey: string;
}

/** A healthy worker, with what it can begin now. */
export interface FreeWorker {
  readonly id: string;
  readonly slots: number;
  readonly busy: number;
  /** When it last got something. */
  readonly servedAtMs?: number | undefined;
}

export type Assignment =
  /** Attempts that are missing wait: no worker that may have them has a free slot. */
  | { readonly outcome: "assigned"; readonly workerOf: ReadonlyMap<string, string> }
  | { readonly outcome: "no healthy worker" };

/**
 * Which of a pool's healthy workers each waiting attempt is for, in the order of the line. Pure and
 * without memory: whoever asks computes the same from the same facts.
 */
export function assignAttempts(
  strategy: Exclude<PoolStrategy, "pull">,
  attempts: readonly WaitingAttempt[],
  workers: readonly FreeWorker[],
): Assignment {
  if (workers.length === 0) return { outcome: "no healthy worker" };
  const free = new Map(workers.map(({ id, slots, busy }) => [id, Math.max(0, slots - busy)]));
  const choose = choosers[strategy](workers, free);
  const workerOf = new Map<string, string>();
  for (const attempt of attempts) {
    const chosen = choose(attempt);
    if (chosen === undefined) continue;
    free.set(chosen, (free.get(chosen) ?? 0) - 1);
    workerOf.set(attempt.id, chosen);
  }
  return { outcome: "assigned", workerOf };
}

type FreeSlots = ReadonlyMap<string, number>;
type Chooser = (attempt: WaitingAttempt) => string | undefined;

const choosers: Record<
  Exclude<PoolStrategy, "pull">,
  (workers: readonly FreeWorker[], free: FreeSlots) => Chooser
> = {
  "round-robin": dealInTurn,
  "least-loaded": chooseLeastLoaded,
  sticky: chooseSticky,
};

/** Starts with whoever has waited longest for something, then goes round. */
function dealInTurn(workers: readonly FreeWorker[], free: FreeSlots): Chooser {
  const round = workers.toSorted(
    (left, right) => (left.servedAtMs ?? 0) - (right.servedAtMs ?? 0) || byId(left, right),
  );
  let next = 0;
  return () => {
    for (let passed = 0; passed < round.length; passed++) {
      const worker = round[(next + passed) % round.length];
      if (worker === undefined || (free.get(worker.id) ?? 0) <= 0) continue;
      next = (next + passed + 1) % round.length;
      return worker.id;
    }
    return undefined;
  };
}

/** The worker with the smallest part of its slots in use. */
function chooseLeastLoaded(workers: readonly FreeWorker[], free: FreeSlots): Chooser {
  const inOrder = workers.toSorted(byId);
  const loadOf = ({ id, slots }: FreeWorker): number =>
    1 - (free.get(id) ?? 0) / Math.max(1, slots);
  return () => {
    let best: FreeWorker | undefined;
    for (const worker of inOrder) {
      if ((free.get(worker.id) ?? 0) <= 0) continue;
      if (best === undefined || loadOf(worker) < loadOf(best)) best = worker;
    }
    return best?.id;
  };
}

/** Always the same worker for a key while it is there, whether or not it is free just now. */
function chooseSticky(workers: readonly FreeWorker[], free: FreeSlots): Chooser {
  const ids = workers.map(({ id }) => id);
  return ({ stickyKey }) => {
    const home = homeOf(stickyKey, ids);
    return home !== undefined && (free.get(home) ?? 0) > 0 ? home : undefined;
  };
}

/**
 * The worker of a key by the highest hash of the pair: when a worker goes, only its own keys move,
 * and a new one takes its part evenly from all others.
 */
export function homeOf(key: string, workerIds: readonly string[]): string | undefined {
  let home: string | undefined;
  let highest = -1;
  for (const id of workerIds) {
    const weight = hash32(`${id}\n${key}`);
    if (weight > highest || (weight === highest && home !== undefined && id < home)) {
      highest = weight;
      home = id;
    }
  }
  return home;
}

/** FNV-1a with a final mix, so that texts that differ little differ in all bits. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * How much of what is ready one worker may take when all fetch for themselves: its part of all free
 * slots, rounded up, so that a greedy worker does not empty the line before the others have asked.
 */
export function fairShare(ready: number, free: number, freeOfAll: number): number {
  if (ready <= 0 || free <= 0) return 0;
  const share = Math.ceil((ready * free) / Math.max(free, freeOfAll));
  return Math.min(free, Math.max(1, share));
}

function byId(left: FreeWorker, right: FreeWorker): number {
  return left.id < right.id ? -1 : 1;
}
