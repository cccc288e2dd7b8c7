import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partitions, wakeShard } from "../../../shared/contract/keys.ts";
import { pauseOfTask } from "../../../shared/limit/gate-names.ts";
import type { Query, StoredRecord, WriteResult } from "../../../shared/ports/store.ts";
import type { OpenedStore } from "../../contract/store/store-contract.ts";
import { readFeed } from "../../contract/store/store-contract-feed.ts";
import { emptyModel, type Model, modelQuery, modelWrite, nameOf } from "./reference-model.ts";
import {
  changesOf,
  groupNames,
  instanceNames,
  keyNamed,
  type PlannedRound,
  plannedRounds,
  sumNames,
  taskNames,
} from "./store-plans.ts";

/** A store that can also be disturbed between rounds, for example closed and opened again. */
export interface DisturbableStore extends OpenedStore {
  disturb?(): Promise<void>;
}

export interface StorePropertyOptions {
  readonly runs: number;
  /** Writers at once; one for adapters whose contention ends in a TransientError. */
  readonly clients?: number;
  readonly feed?: "read" | "none";
}

let tenantCount = 0;

/** Registers the model-based property of an adapter: whatever clients do, it acts like the model. */
export function storeProperties(
  name: string,
  open: () => Promise<DisturbableStore>,
  options: StorePropertyOptions,
): void {
  const { runs, clients = 3, feed = "read" } = options;
  describe(`store properties: ${name}`, () => {
    it("concurrent writes act as if done one after another on plain data", async () => {
      await fc.assert(
        fc.asyncProperty(plannedRounds(clients), async (rounds) => {
          const opened = await open();
          try {
            await runRounds(opened, rounds, feed);
          } finally {
            await opened.close();
          }
        }),
        { numRuns: runs },
      );
    }, 60_000);
  });
}

async function runRounds(
  opened: DisturbableStore,
  rounds: readonly PlannedRound[],
  feed: "read" | "none",
): Promise<void> {
  tenantCount += 1;
  const tenant = `model-${process.pid}-${Date.now().toString(36)}-${tenantCount}`;
  const from = feed === "read" ? (await readFeed(opened.store, "0")).next : "0";
  let model = emptyModel;
  for (const round of rounds) {
    const writes = round.writes.map((planned) => changesOf(tenant, model, planned));
    const { store } = opened;
    const results = await Promise.all(writes.map((changes) => store.write(changes)));
    const names = [...instanceNames, ...sumNames];
    const records = await store.getMany(names.map((each) => keyNamed(tenant, each)));
    model = explain(model, writes, results, records);
    if (round.disturb) await opened.disturb?.();
    await opened.settleIndexes?.();
    await compareQueries(opened, tenant, model, round);
  }
  if (feed === "read") await compareFeed(opened, from, tenant, model);
}

/** The model after the round: some order of the writes gives just these results and records. */
function explain(
  model: Model,
  writes: readonly Parameters<typeof modelWrite>[1][],
  results: readonly WriteResult[],
  records: readonly (StoredRecord | undefined)[],
): Model {
  const found = new Map<string, StoredRecord>();
  for (const record of records) if (record !== undefined) found.set(nameOf(record.key), record);
  for (const order of ordersOf(writes.map((_, index) => index))) {
    let state = model;
    const explained = order.every((index) => {
      const [result, next] = modelWrite(state, writes[index] ?? []);
      state = next;
      return isDeepStrictEqual(result, results[index]);
    });
    if (explained && isDeepStrictEqual(state, found)) return found;
  }
  // Nothing fits: show the difference from the order in which the writes were called.
  let state = model;
  const wanted = writes.map((changes) => {
    const [result, next] = modelWrite(state, changes);
    state = next;
    return result;
  });
  expect({ results, records: found }).toEqual({ results: wanted, records: state });
  throw new Error("no order of the writes explains what the store did");
}

async function compareQueries(
  { store }: DisturbableStore,
  tenant: string,
  model: Model,
  { limit, order }: PlannedRound,
): Promise<void> {
  const places: Pick<Query, "index" | "partition">[] = [
    ...taskNames.map(
      (task) => ({ index: "task", partition: partitions.byTask(tenant, task) }) as const,
    ),
    ...taskNames.map(
      (task) =>
        ({ index: "queue", partition: partitions.waiting(tenant, pauseOfTask(task)) }) as const,
    ),
    ...groupNames.map(
      (group) => ({ index: "group", partition: partitions.byGroup(tenant, group) }) as const,
    ),
    ...sumNames.map(
      (each) => ({ index: "primary", partition: keyNamed(tenant, each).pk }) as const,
    ),
  ];
  for (const place of places) {
    const query = { ...place, limit, order };
    expect(await store.query(query), JSON.stringify(query)).toEqual(modelQuery(model, query));
  }
  // The wake index is shared by all tenants; others' rows are not ours to judge.
  for (const partition of new Set(instanceNames.map((id) => partitions.wake(wakeShard(id))))) {
    const query = { index: "wake", partition, limit: 1_000, order, to: "00000000000009" } as const;
    const own = (await store.query(query)).filter(({ key }) => key.pk.startsWith(`T#${tenant}#`));
    expect(own, JSON.stringify(query)).toEqual(modelQuery(model, query));
  }
}

/** The feed tells each record's versions without a gap and ends with what is there. */
async function compareFeed(
  { store }: DisturbableStore,
  from: string,
  tenant: string,
  model: Model,
): Promise<void> {
  const told = new Map<string, StoredRecord>();
  const { changes } = await readFeed(store, from, 7);
  for (const { key, record } of changes) {
    if (!key.pk.startsWith(`T#${tenant}#`)) continue;
    const before = told.get(nameOf(key));
    if (record === undefined) {
      expect(before, `the feed deletes what it never told: ${nameOf(key)}`).toBeDefined();
      told.delete(nameOf(key));
    } else {
      expect(record.version).toBe((before?.version ?? 0) + 1);
      told.set(nameOf(key), record);
    }
  }
  expect(told).toEqual(model);
}

function ordersOf(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((first) =>
    ordersOf(items.filter((item) => item !== first)).map((rest) => [first, ...rest]),
  );
}
