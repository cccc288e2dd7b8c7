import { keys } from "../../shared/contract/keys.ts";
import { assert, TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { type InstanceStateChanged, stateChangesOf } from "../../shared/instance/state-changes.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Events } from "../../shared/ports/events.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { RecordHints } from "../../shared/ports/record-hints.ts";
import type { Change, FeedChange, Key, Store } from "../../shared/ports/store.ts";
import { addRollups, type Rollup } from "../../shared/rollup/rollup.ts";
import { RollupTally } from "../../shared/rollup/tally.ts";
import { emptyProfile, learn, teaches } from "../../shared/routing/learn.ts";
import type { TaskProfile } from "../../shared/routing/profile.ts";
import { hintsOfFinished } from "./slot-hints.ts";

export interface ObserverDeps {
  readonly store: Store;
  readonly events: Events;
  /** Sees to it that webhooks tell of changes; harmless twice. Absent where there are none. */
  readonly deliver?: ((changes: readonly InstanceStateChanged[]) => Promise<void>) | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Absent where nobody waits for instances to finish, or finds out by its own wake. */
  readonly recordHints?: RecordHints | undefined;
}

const consumer = "observe";
/** One change touches a minute's and an hour's rollup, and its task's profile. */
const recordsPerChangeMax = 3;

/**
 * Follows the change feed of one source: state-change events go out at least once, then rollups, what
 * was learned about tasks, and the checkpoint are written together, so that a batch delivered again
 * is counted once.
 */
export async function observeChanges(
  deps: ObserverDeps,
  source: string,
  changes: readonly FeedChange[],
): Promise<void> {
  // As at the end of a window: not even the checkpoint is worth a read then.
  if (changes.length === 0) return;
  const checkpointKey = keys.checkpoint(consumer, source);
  const checkpoint = await deps.store.get(checkpointKey);
  const seen = checkpoint?.body as { position: string } | undefined;
  const fresh = changes.filter(({ position }) => isAfter(position, seen?.position));
  if (fresh.length === 0) return;
  const stateChanges = fresh.flatMap((change) => stateChangesOf(instanceOf(change)));
  await deps.events.publish(stateChanges);
  if (stateChanges.length > 0) await deps.deliver?.(stateChanges);
  const waited = hintsOfFinished(fresh.map(instanceOf));
  if (waited.length > 0) await deps.recordHints?.send(waited);
  let expectedVersion = checkpoint?.version ?? 0;
  for (const part of partsByRecords(fresh)) {
    await commitPart(deps, checkpointKey, expectedVersion, part);
    expectedVersion += 1;
  }
}

/** How far this consumer has come in a source; "0" before the first batch. */
export async function observedPosition(store: Store, source: string): Promise<string> {
  const record = await store.get(keys.checkpoint(consumer, source));
  return (record?.body as { position: string } | undefined)?.position ?? "0";
}

interface Part {
  readonly position: string;
  readonly rollups: readonly Rollup[];
  /** By task, in the order of the feed: what its profile learns from. */
  readonly lessons: ReadonlyMap<string, readonly Instance[]>;
}

async function commitPart(
  deps: ObserverDeps,
  checkpointKey: Key,
  expectedVersion: number,
  part: Part,
): Promise<void> {
  const nowMs = deps.clock.now();
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const counted = await Promise.all([
      ...part.rollups.map((added) => rollupChange(deps.store, added, nowMs)),
      ...[...part.lessons.values()].map((lessons) => profileChange(deps.store, lessons)),
    ]);
    const result = await deps.store.write([
      {
        kind: "put",
        expect: expectedVersion === 0 ? "absent" : expectedVersion,
        record: {
          key: checkpointKey,
          type: "checkpoint",
          body: { position: part.position },
          expiresAtMs: nowMs + limits.feedCheckpointKeepMs,
        },
      },
      ...counted,
    ]);
    if (result.outcome === "wrote") return;
    if (result.conflicts.some(({ changeIndex }) => changeIndex === 0)) {
      throw new TransientError("another observer moved the checkpoint; the batch comes again");
    }
  }
  throw new TransientError(
    "rollups or profiles kept changing under the observer; the batch comes again",
  );
}

async function rollupChange(store: Store, added: Rollup, nowMs: number): Promise<Change> {
  const key = rollupKey(added);
  const present = await store.get(key);
  const body = present === undefined ? added : addRollups(present.body as unknown as Rollup, added);
  const keepMs = added.bucket.startsWith("m-")
    ? limits.rollupMinuteKeepMs
    : limits.rollupHourKeepMs;
  return {
    kind: "put",
    expect: present?.version ?? "absent",
    record: { key, type: "rollup", body, expiresAtMs: nowMs + keepMs },
  };
}

async function profileChange(store: Store, lessons: readonly Instance[]): Promise<Change> {
  const [first] = lessons;
  assert(first !== undefined, "a profile is to learn from nothing");
  const { tenant, task, taskVersion } = first;
  const key = keys.profile(tenant, task);
  const present = await store.get(key);
  const known = present?.body as TaskProfile | undefined;
  const body = lessons.reduce(learn, known ?? emptyProfile(tenant, task, taskVersion));
  return {
    kind: "put",
    expect: present?.version ?? "absent",
    record: { key, type: "profile", body },
  };
}

/** Cuts the batch before what it changes would no longer fit into one atomic write. */
function partsByRecords(changes: readonly FeedChange[]): readonly Part[] {
  const parts: Part[] = [];
  let tally = new RollupTally();
  let lessons = new Map<string, Instance[]>();
  let position = "";
  const cut = (): void => {
    parts.push({ position, rollups: tally.rollups(), lessons });
    tally = new RollupTally();
    lessons = new Map();
  };
  for (const change of changes) {
    const instance = instanceOf(change);
    if (instance !== undefined) {
      tally.add(instance);
      if (teaches(instance)) addLesson(lessons, instance);
    }
    position = change.position;
    if (tally.size + lessons.size + recordsPerChangeMax > limits.rollupKeysPerWriteMax) cut();
  }
  if (parts.at(-1)?.position !== position) cut();
  return parts;
}

function addLesson(lessons: Map<string, Instance[]>, instance: Instance): void {
  const name = `${instance.tenant}#${instance.task}`;
  const known = lessons.get(name);
  if (known === undefined) lessons.set(name, [instance]);
  else known.push(instance);
}

function rollupKey({ tenant, task, bucket, backend }: Rollup): Key {
  return keys.rollup(tenant, task, bucket, backend);
}

function instanceOf(change: FeedChange): Instance | undefined {
  return change.type === "instance" && change.record !== undefined
    ? (change.record.body as unknown as Instance)
    : undefined;
}

/** Positions are decimal digits of any length. */
function isAfter(position: string, seen: string | undefined): boolean {
  if (seen === undefined) return true;
  return position.length === seen.length ? position > seen : position.length > seen.length;
}
