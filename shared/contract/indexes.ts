import { limits } from "../core/limits.ts";
import type { FunctionHead, FunctionVersion } from "../function/function.ts";
import { type Instance, liveAttempt } from "../instance/instance.ts";
import type { IndexEntry, NewRecord, RecordType } from "../ports/store.ts";
import { lineSort, partitions, timeSort, wakeShard } from "./keys.ts";

const none: readonly IndexEntry[] = [];

/** The index entries of each record type, at most one per index: what the adapters keep up to date. */
const entriesByType: Record<RecordType, (record: NewRecord<object>) => readonly IndexEntry[]> = {
  instance: (record) => instanceEntries(record.body as Instance),
  task: () => none,
  "task-version": () => none,
  log: () => none,
  "payload-claim": () => none,
  rollup: () => none,
  checkpoint: () => none,
  rules: () => none,
  profile: () => none,
  pool: () => none,
  worker: () => none,
  function: (record) => functionEntries(record.body as FunctionVersion | FunctionHead),
  limit: () => none,
  slots: wakeEntries,
  rate: wakeEntries,
  group: () => none,
  tenant: () => none,
  budget: () => none,
  quota: () => none,
  lock: () => none,
  joined: () => none,
  schedule: wakeEntries,
  slot: () => none,
  backfill: wakeEntries,
  calendar: () => none,
  trigger: wakeEntries,
  webhook: () => none,
  delivery: wakeEntries,
  finding: () => none,
};

/** Derived from the record alone, so an index can always be rebuilt. */
export function indexEntriesOf(record: NewRecord<object>): readonly IndexEntry[] {
  return entriesByType[record.type](record);
}

/** Records that are looked at again when their time has come. */
function wakeEntries({ key, body }: NewRecord<object>): readonly IndexEntry[] {
  const { wakeAtMs } = body as { readonly wakeAtMs?: number };
  if (wakeAtMs === undefined) return none;
  const id = `${key.pk}#${key.sk}`;
  return [
    {
      index: "wake",
      partition: partitions.wake(wakeShard(id)),
      sort: timeSort(wakeAtMs, id),
    },
  ];
}

/** A deployment without an outcome is looked at again; everything else about functions waits for nobody. */
function functionEntries(body: FunctionVersion | FunctionHead): readonly IndexEntry[] {
  if (!("state" in body) || body.state !== "deploying") return none;
  const { digest, requestedAtMs } = body;
  return [
    {
      index: "wake",
      partition: partitions.wake(wakeShard(digest)),
      sort: timeSort(requestedAtMs + limits.deployAgainMs, digest),
    },
  ];
}

function instanceEntries(instance: Instance): readonly IndexEntry[] {
  const { id, tenant, task, group, createdAtMs, wakeAtMs } = instance;
  const created = timeSort(createdAtMs, id);
  const entries: IndexEntry[] = [
    { index: "task", partition: partitions.byTask(tenant, task), sort: created },
  ];
  if (group !== undefined) {
    entries.push({ index: "group", partition: partitions.byGroup(tenant, group), sort: created });
  }
  if (wakeAtMs !== undefined) {
    entries.push({
      index: "wake",
      partition: partitions.wake(wakeShard(id)),
      sort: timeSort(wakeAtMs, id),
    });
  }
  const live = instance.state === "dispatched" ? liveAttempt(instance) : undefined;
  if (live?.pull === true) {
    entries.push({
      index: "queue",
      partition: partitions.poolLine(tenant, live.backend),
      sort: lineSort(instance.priority, live.claimedAtMs, id),
    });
  }
  if (instance.state === "pending" && instance.waitingFor !== undefined) {
    entries.push({
      index: "queue",
      partition: partitions.waiting(tenant, instance.waitingFor),
      sort: lineSort(instance.priority, instance.dueAtMs, id),
    });
  }
  return entries;
}
