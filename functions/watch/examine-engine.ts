import { keys, paddedNumber, partitions, timeOfSort } from "../../shared/contract/keys.ts";
import { wakeTargetOf } from "../../shared/contract/wake-target.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Symptom } from "../../shared/finding/finding.ts";
import type { CanaryHealth } from "../../shared/finding/watch-summary.ts";
import type { Candidate, Store } from "../../shared/ports/store.ts";

/** What is wrong with those who do the work, by what they leave undone. */
export async function examineEngine(
  store: Store,
  nowMs: number,
  canary: CanaryHealth | undefined,
): Promise<readonly Symptom[]> {
  const found = [
    await overdueWakes(store, nowMs),
    canary === undefined ? undefined : silentCanary(canary, nowMs),
    canary === undefined ? undefined : await feedBehind(store, nowMs, canary),
  ];
  return found.filter((symptom) => symptom !== undefined);
}

/** Somebody should have looked there long ago. */
async function overdueWakes(store: Store, nowMs: number): Promise<Symptom | undefined> {
  const shards = Array.from({ length: limits.wakeShards }, (_, shard) => shard);
  const pages = await Promise.all(
    shards.map((shard) =>
      store.query({
        index: "wake",
        partition: partitions.wake(shard),
        to: paddedNumber(nowMs - limits.wakeOverdueMs, 14),
        order: "ascending",
        limit: limits.storePageMax,
      }),
    ),
  );
  const overdue = pages.flat().filter(isLookedAt);
  if (overdue.length === 0) return undefined;
  const oldestMs = Math.min(...overdue.map(({ sort }) => timeOfSort(sort)));
  const isMore = pages.some(({ length }) => length === limits.storePageMax);
  const count = `${isMore ? "at least " : ""}${overdue.length}`;
  return {
    kind: "wakes_overdue",
    subject: "timekeeper",
    message: `${count} ${overdue.length === 1 ? "record" : "records"} should have been looked at; the oldest ${minutes(nowMs - oldestMs)} ago`,
    atMs: nowMs,
  };
}

/** A deployment waits for somebody to ask where there is no deployer; that is no fault. */
function isLookedAt({ key }: Candidate): boolean {
  const target = wakeTargetOf(key);
  return target !== undefined && target.kind !== "function";
}

function silentCanary({ ageMs, lastSuccessAtMs }: CanaryHealth, nowMs: number) {
  if (ageMs === undefined || ageMs <= limits.canarySilentMs) return undefined;
  const message =
    lastSuccessAtMs === undefined
      ? `the canary has not succeeded once in ${minutes(ageMs)}`
      : `the canary last succeeded ${minutes(ageMs)} ago`;
  return { kind: "canary_silent", subject: "canary", message, atMs: nowMs } as const;
}

/** A success of the canary is a change, so whoever follows the changes must have come by it. */
async function feedBehind(
  store: Store,
  nowMs: number,
  { successesAtMs }: CanaryHealth,
): Promise<Symptom | undefined> {
  const page = await store.query({
    index: "primary",
    partition: keys.checkpoint("observe", "").pk,
    order: "descending",
    limit: 100,
  });
  const records = await store.getMany(page.map(({ key }) => key));
  // The record itself does not say when it was written, but how long it is kept from then on.
  const writtenAtMs = records.map(
    (record) => (record?.expiresAtMs ?? 0) - limits.feedCheckpointKeepMs,
  );
  const newestMs = Math.max(0, ...writtenAtMs);
  const unseenAtMs = successesAtMs.findLast((atMs) => atMs > newestMs);
  if (unseenAtMs === undefined || nowMs - unseenAtMs <= limits.wakeOverdueMs) return undefined;
  return {
    kind: "feed_behind",
    subject: "observe",
    message: `nobody has followed the changes of the last ${minutes(nowMs - unseenAtMs)}`,
    atMs: nowMs,
  };
}

function minutes(ms: number): string {
  return `${Math.round(ms / 60_000)} min`;
}
