import { partitions } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { utf8Bytes } from "../../shared/core/texts.ts";
import { type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import { isTooLateToStart } from "../../shared/instance/wake.ts";
import {
  assignAttempts,
  type FreeWorker,
  fairShare,
  type WaitingAttempt,
} from "../../shared/pool/assign.ts";
import { healthyWorkers } from "../../shared/pool/health.ts";
import type { Candidate, Store } from "../../shared/ports/store.ts";
import type { AttemptInHand } from "./held-attempts.ts";
import type { PoolMembers } from "./members.ts";

/** Who asks, with what it says of itself in this very request. */
export interface Asker {
  readonly id: string;
  readonly free: number;
  readonly busy: number;
  /** Others were faster everywhere it looked, so it had better look where they do not. */
  readonly crowded: boolean;
}

/** Places in a line that this worker may take now. */
export interface Offer {
  readonly places: readonly Candidate[];
  /** Something else waits there, kept for another worker for so long. */
  readonly againAfterMs?: number;
}

/** How far a sticky assignment looks down the line: it must read what it assigns. */
const stickyWindow = 100;

/**
 * What of a pool's line is for this worker, by the pool's strategy. Entries may be stale; `passed`
 * names those that were looked at already.
 */
export async function offerOf(
  store: Store,
  { pool, workers }: PoolMembers,
  asker: Asker,
  passed: ReadonlySet<string>,
  nowMs: number,
): Promise<Offer> {
  const free = freeWorkers(workers, asker, nowMs);
  const freeOfAll = free.reduce((sum, { slots, busy }) => sum + Math.max(0, slots - busy), 0);
  const found = await store.query({
    index: "queue",
    partition: partitions.poolLine(pool.tenant, pool.name),
    order: "ascending",
    // Enough to know the worker's share.
    limit: Math.min(limits.storePageMax, freeOfAll + asker.free + passed.size),
  });
  const line = found.filter(({ key }) => !passed.has(key.pk));
  if (line.length === 0) return { places: [] };
  const { strategy } = pool.spec;
  if (strategy === "pull") {
    const share = fairShare(line.length, asker.free, freeOfAll);
    const start = asker.crowded ? ownPart(free, asker.id, share, line.length) : 0;
    return { places: line.slice(start, start + share) };
  }
  const waiting =
    strategy === "sticky"
      ? await withStickyKeys(store, line.slice(0, stickyWindow), pool.spec.stickyTag)
      : line.map(({ key }) => ({ id: key.pk, stickyKey: "" }));
  const assignment = assignAttempts(strategy, waiting, free);
  if (assignment.outcome === "no healthy worker") return { places: [] };
  return assignedTo(asker, line.slice(0, waiting.length), assignment.workerOf, nowMs);
}

/** Where many ask at once, each worker begins at a place of its own instead of racing for the first. */
function ownPart(free: readonly FreeWorker[], id: string, share: number, length: number): number {
  const rank = free.filter((worker) => worker.id < id).length;
  return Math.min(rank * share, Math.max(0, length - share));
}

/** Its own first; then what its worker has left lying for too long. */
function assignedTo(
  asker: Asker,
  line: readonly Candidate[],
  workerOf: ReadonlyMap<string, string>,
  nowMs: number,
): Offer {
  const isMine = ({ key }: Candidate): boolean => workerOf.get(key.pk) === asker.id;
  const mine = line.filter(isMine);
  const others = line.filter((place) => !isMine(place));
  const waitedMs = (place: Candidate): number => nowMs - claimedAtOf(place);
  const left = others.filter((place) => waitedMs(place) >= limits.assignPatienceMs);
  const places = [...mine, ...left].slice(0, asker.free);
  const kept = others.filter((place) => waitedMs(place) < limits.assignPatienceMs);
  if (kept.length === 0) return { places };
  const longest = Math.max(...kept.map(waitedMs));
  return { places, againAfterMs: Math.max(1, limits.assignPatienceMs - longest) };
}

/** A line's sort key is place, instant and id. */
function claimedAtOf({ sort }: Candidate): number {
  return Number(sort.split("#")[1] ?? 0);
}

async function withStickyKeys(
  store: Store,
  line: readonly Candidate[],
  tag: string | undefined,
): Promise<readonly WaitingAttempt[]> {
  const records = await store.getMany(line.map(({ key }) => key));
  return line.map(({ key }, place) => {
    const instance = records[place]?.body as Instance | undefined;
    const value = tag === undefined ? undefined : instance?.tags?.[tag];
    return { id: key.pk, stickyKey: value ?? instance?.task ?? "" };
  });
}

/** The healthy workers, the asking one as it says it is now. */
function freeWorkers(
  workers: PoolMembers["workers"],
  asker: Asker,
  nowMs: number,
): readonly FreeWorker[] {
  const asking = workers.find(({ id }) => id === asker.id);
  return [
    ...healthyWorkers(workers, nowMs).filter(({ id }) => id !== asker.id),
    {
      id: asker.id,
      slots: asker.busy + asker.free,
      busy: asker.busy,
      servedAtMs: asking?.servedAtMs,
    },
  ];
}

/** What really waits at these places, in their order, and what waited there too long to be begun. */
export async function readPlaces(
  store: Store,
  pool: string,
  places: readonly Candidate[],
  nowMs: number,
): Promise<{
  readonly ready: readonly AttemptInHand[];
  readonly tooLate: readonly AttemptInHand[];
}> {
  const records = await store.getMany(places.map(({ key }) => key));
  const waiting = records.flatMap((record): readonly AttemptInHand[] => {
    const instance = record?.body as Instance | undefined;
    const attempt = instance === undefined ? undefined : liveAttempt(instance);
    if (instance?.state !== "dispatched" || attempt === undefined) return [];
    if (attempt.pull !== true || attempt.backend !== pool) return [];
    if (nowMs >= (instance.deadlineAtMs ?? Infinity)) return [];
    return [{ instance, attempt }];
  });
  const isLate = ({ instance }: AttemptInHand): boolean => isTooLateToStart(instance, nowMs);
  return {
    ready: waiting.filter((each) => !isLate(each)),
    tooLate: waiting.filter(isLate),
  };
}

/** As many as fit into one answer; the first one always. */
export function withinAnswer(ready: readonly AttemptInHand[]): readonly AttemptInHand[] {
  let bytes = 0;
  const fitting = ready.findIndex(({ instance: { input, config } }, place) => {
    if (input !== undefined) bytes += utf8Bytes(JSON.stringify(input));
    if (config !== undefined) bytes += utf8Bytes(JSON.stringify(config));
    return place > 0 && bytes > limits.answerPayloadBytesMax;
  });
  return fitting === -1 ? ready : ready.slice(0, fitting);
}
