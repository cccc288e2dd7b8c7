import { type Rejection, TransientError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import {
  additionsFitting,
  isGathering,
  openGathering,
} from "../../../shared/instance/amend-instance.ts";
import { decide } from "../../../shared/instance/decide.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Change, Key, StoredRecord } from "../../../shared/ports/store.ts";
import type { Gathering } from "../../../shared/task/gathering.ts";
import type { Engine } from "../../runtime/engine.ts";
import { instanceRecord } from "../../runtime/instances.ts";
import { notAcknowledged } from "../../runtime/result.ts";
import { hintFor } from "../../runtime/wake-hints.ts";
import type { OwnSubmitResult } from "../submit-instances.ts";
import { claimOfUpload, uploadTaken } from "../uploaded-inputs.ts";
import { type Arrival, holderOfLock, lockChange } from "./arrival.ts";
import { answerOfJoined, instancesJoined, joinedChanges, joinedKeyOf, repeatOf } from "./joined.ts";

type Settled = readonly [arrival: Arrival, result: OwnSubmitResult];

/** What one try brought: answers, and whether somebody else's write came first. */
interface Tried {
  readonly settled: readonly Settled[];
  readonly lost: boolean;
}

/** Of each write: the instance and its lock leave room for so many submissions that are known by id. */
const knownPerWriteMax = limits.changesPerWriteMax - 4;

/**
 * Makes arrivals of one line part of the instance that gathers them, or opens one; many with one
 * write. An arrival is answered as accepted only once the write that holds it is durable.
 */
export async function gatherArrivals(
  engine: Engine,
  lockKey: Key,
  gathering: Gathering,
  arrivals: readonly Arrival[],
): Promise<readonly OwnSubmitResult[]> {
  const results = new Map<Arrival, OwnSubmitResult>();
  let waiting = arrivals;
  let losses = 0;
  while (waiting.length > 0) {
    const chunk = nextChunk(waiting);
    const { settled, lost } = await tryOrExcuse(engine, lockKey, gathering, chunk);
    for (const [arrival, result] of settled) results.set(arrival, result);
    waiting = waiting.filter((arrival) => !results.has(arrival));
    losses = lost ? losses + 1 : 0;
    if (losses >= limits.casRetriesMax) {
      engine.log.warn("submissions refused after lost races", { key: lockKey.sk });
      for (const arrival of waiting) results.set(arrival, contended);
      break;
    }
  }
  // Nothing is left waiting, so every arrival has its result.
  return arrivals.map((arrival) => results.get(arrival) ?? contended);
}

const contended: OwnSubmitResult = {
  outcome: "rejected",
  rejection: {
    code: "too_many_requests",
    detail: "too many submit to the same gathering instance at once; nothing was acknowledged",
    suggestion: "submit again with the same idempotency key, or many with one request",
  },
};

/**
 * As many as one write can take, of one actor, as the history names only one: each known one only
 * once, and those with changes of their own alone.
 */
function nextChunk(waiting: readonly Arrival[]): readonly Arrival[] {
  const chunk: Arrival[] = [];
  const known = new Set<string>();
  for (const arrival of waiting) {
    const { id, inputRef } = arrival.prepared.instance;
    const isSpecial = arrival.extraOf !== undefined || inputRef !== undefined;
    const isApart = isSpecial || known.has(id) || arrival.actor !== chunk[0]?.actor;
    if (chunk.length > 0 && isApart) break;
    if (arrival.isKnownById) known.add(id);
    chunk.push(arrival);
    if (isSpecial || known.size >= knownPerWriteMax) break;
  }
  return chunk;
}

/** A fault of the store is the answer of these submissions: whether they were taken is unknown. */
async function tryOrExcuse(
  engine: Engine,
  lockKey: Key,
  gathering: Gathering,
  chunk: readonly Arrival[],
): Promise<Tried> {
  try {
    return await tryChunk(engine, lockKey, gathering, chunk);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    engine.log.warn("submissions not acknowledged", { key: lockKey.sk, cause: error.message });
    return { settled: chunk.map((arrival) => [arrival, refused(notAcknowledged)]), lost: false };
  }
}

async function tryChunk(
  engine: Engine,
  lockKey: Key,
  gathering: Gathering,
  chunk: readonly Arrival[],
): Promise<Tried> {
  const { store } = engine;
  const known = chunk.filter(({ isKnownById }) => isKnownById);
  const [lock, ...joined] = await store.getMany([lockKey, ...known.map(joinedKeyOf)]);
  const joinedOf = new Map(known.map((arrival, place) => [arrival, joined[place]]));
  const tenant = chunk[0]?.prepared.instance.tenant ?? "";
  const holderId = holderOfLock(lock);
  const instances = await instancesJoined(store, tenant, joined, holderId);
  const settled: Settled[] = [];
  const fresh: Arrival[] = [];
  for (const arrival of chunk) {
    const answer = answerOfJoined(arrival, joinedOf.get(arrival), instances);
    if (answer === undefined) fresh.push(arrival);
    else settled.push([arrival, answer]);
  }
  const [first, ...others] = fresh;
  if (first === undefined) return { settled, lost: false };
  const line = { lockKey, lock, gathering, joinedOf, arrivals: [first, ...others] } as const;
  const present = holderId === undefined ? undefined : instances.get(holderId);
  const tried =
    present !== undefined && isGathering(present, engine.clock.now())
      ? await joinPresent(engine, line, present)
      : await openNew(engine, line);
  return { settled: [...settled, ...tried.settled], lost: tried.lost };
}

interface Line {
  readonly lockKey: Key;
  readonly lock: StoredRecord | undefined;
  readonly gathering: Gathering;
  readonly joinedOf: ReadonlyMap<Arrival, StoredRecord | undefined>;
  readonly arrivals: readonly [Arrival, ...Arrival[]];
}

async function joinPresent(engine: Engine, line: Line, present: Instance): Promise<Tried> {
  const { gathering, arrivals } = line;
  const additions = arrivals.map(({ prepared }) => prepared.instance);
  const fitting = additionsFitting(present, gathering, additions);
  const nowMs = engine.clock.now();
  const decision = decide(
    present,
    {
      name: "amend",
      gathering,
      additions: additions.slice(0, fitting),
      actor: arrivals[0].actor,
      ...(fitting < additions.length ? { full: true } : {}),
    },
    { nowMs, retry: arrivals[0].definition.spec.retry },
  );
  // The clock has just ended its time to gather: the next try opens another.
  if (decision.outcome !== "changed") return { settled: [], lost: true };
  const { next } = decision;
  const taken = arrivals.slice(0, fitting);
  const put: Change = { kind: "put", record: instanceRecord(next), expect: present.version };
  const tried = await save(engine, line, next, [put], taken);
  if (!tried.lost && next.dueAtMs !== present.dueAtMs) await hint(engine, next);
  return tried;
}

async function openNew(engine: Engine, line: Line): Promise<Tried> {
  const { lockKey, lock, gathering, arrivals } = line;
  const [first, ...others] = arrivals;
  const opened = openGathering(
    [first.prepared.instance, ...others.map(({ prepared }) => prepared.instance)],
    gathering,
  );
  const taken = arrivals.slice(0, opened.gathered?.items);
  const changes: readonly Change[] = [
    { kind: "put", record: instanceRecord(opened), expect: "absent" },
    lockChange(lockKey, lock, opened.id),
  ];
  const tried = await save(engine, line, opened, changes, taken);
  if (!tried.lost) await hint(engine, opened);
  return tried;
}

/** Writes the instance with everything that its new parts bring along. */
async function save(
  engine: Engine,
  { joinedOf, arrivals: [first] }: Line,
  instance: Instance,
  changes: readonly Change[],
  taken: readonly Arrival[],
): Promise<Tried> {
  const nowMs = engine.clock.now();
  const uploads = taken.flatMap(({ prepared: { instance: own } }) =>
    own.inputRef === undefined ? [] : [claimOfUpload({ ...own, id: instance.id }, own.inputRef)],
  );
  const joined = taken.flatMap((each) =>
    joinedChanges(each, instance.id, joinedOf.get(each), nowMs),
  );
  const base = [...changes, ...joined];
  const extra = taken.flatMap(({ extraOf }) => extraOf?.(instance.id) ?? []);
  const written = await engine.store.write([...base, ...uploads, ...extra]);
  if (written.outcome === "wrote") {
    const result = { outcome: "accepted", instance, repeated: false } as const;
    return { settled: taken.map((arrival) => [arrival, result]), lost: false };
  }
  const { conflicts } = written;
  const isEarlier = conflicts.some(({ changeIndex }) => changeIndex < base.length);
  const own = conflicts.find(({ changeIndex }) => changeIndex === 0)?.current;
  if (own !== undefined && instance.version === 1) {
    // The key made an instance before its task began to gather.
    return { settled: [[first, repeatOf(first, own.body as unknown as Instance)]], lost: true };
  }
  if (isEarlier) return { settled: [], lost: true };
  const [conflict] = conflicts;
  const { inputRef } = first.prepared.instance;
  if (inputRef !== undefined && conflict?.changeIndex === base.length) {
    return { settled: [[first, refused(uploadTaken(inputRef, conflict))]], lost: false };
  }
  // Only changes of its own are left, and who has such is alone in its write.
  const start = base.length + uploads.length;
  const overtaken = conflicts.map((each) => ({ ...each, changeIndex: each.changeIndex - start }));
  return { settled: [[first, { outcome: "overtaken", conflicts: overtaken }]], lost: false };
}

async function hint(engine: Engine, instance: Instance): Promise<void> {
  const due = hintFor(instance, engine.clock.now());
  if (due !== undefined) await engine.hints.send([due]);
}

function refused(rejection: Rejection): OwnSubmitResult {
  return { outcome: "rejected", rejection };
}
