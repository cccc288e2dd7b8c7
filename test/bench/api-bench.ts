/*
 * What a submission costs the API, in one process without a network:
 * `npx tsx test/bench/api-bench.ts [seconds per line]`. Figures are processor time, so that other
 * work of the machine does not count.
 */

import { openMemoryStore } from "../../functions/adapters/memory/memory-store.ts";
import { createApi } from "../../functions/api/app.ts";
import { answerBatch } from "../../functions/api/submission/answer-batch.ts";
import { parseStrictJson } from "../../functions/api/wire/strict-json.ts";
import { openDefinitions } from "../../functions/runtime/definitions.ts";
import type { Engine } from "../../functions/runtime/engine.ts";
import { openGateSource } from "../../functions/runtime/gate-source.ts";
import { instanceRecord } from "../../functions/runtime/instances.ts";
import { silentLog } from "../../functions/runtime/json-log.ts";
import { openIds, systemClock, systemRandom } from "../../functions/runtime/system-ports.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { BatchSubmission } from "../../shared/instance/submission.ts";
import type { Store } from "../../shared/ports/store.ts";
import { backendFacts } from "../fixtures/backend-facts.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";

const seconds = Number(process.argv[2] ?? 2);
const batchSize = 1_000;
/** A fresh store now and then: the benchmark is about the API, not about a full memory. */
const batchesPerStore = 30;
const jsonHeaders = { "content-type": "application/json" } as const;

function engineOver(store: Store): Engine {
  return {
    store,
    clock: systemClock,
    random: systemRandom,
    ids: openIds(),
    log: silentLog,
    hints: { send: () => Promise.resolve() },
    definitions: openDefinitions(store),
    gates: openGateSource({ store, clock: systemClock }),
    routing: fixedRouting([
      backendFacts({
        name: "local",
        type: "serverless",
        targets: ["function"],
        timeoutSecondsMax: 900,
        memoryMbMax: 10_240,
        inputBytesMax: limits.inputBytesMax,
        startIsIdempotent: true,
        reportsStart: true,
      }),
    ]),
  };
}

function apiOver(store: Store) {
  return createApi({
    engine: engineOver(store),
    authenticate: () => ({ tenant: "default", actor: "bench", role: "admin" }),
    health: () => Promise.resolve({}),
  });
}

type Api = ReturnType<typeof apiOver>;

async function withTask(store: Store): Promise<void> {
  await apiOver(store).request("/v1/tasks/thumbnail", {
    method: "PUT",
    headers: jsonHeaders,
    body: JSON.stringify({ run: { function: { module: "thumbnail.mjs" } } }),
  });
}

/** Takes writes without keeping them, so that only the API's own work is measured. */
function forgetting(store: Store): Store {
  return {
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    query: (query) => store.query(query),
    write: () => Promise.resolve({ outcome: "wrote" }),
    changes: (from, limit) => store.changes(from, limit),
  };
}

const bounds = { depthMax: limits.jsonDepthMax + 2, keysMax: limits.batchJsonKeysMax };
let made = 0;

function submission(withKey: boolean) {
  made += 1;
  const key = withKey ? { idempotencyKey: `cat-${made}-240` } : {};
  return { task: "thumbnail", input: { key: `cat-${made}.jpg`, width: 240 }, ...key };
}

function batchText(withKeys: boolean): string {
  return JSON.stringify({ items: Array.from({ length: batchSize }, () => submission(withKeys)) });
}

async function post(api: Api, path: string, body: string, status: number): Promise<void> {
  const response = await api.request(path, {
    method: "POST",
    headers: { ...jsonHeaders, "content-length": String(body.length) },
    body,
  });
  const text = await response.text();
  if (response.status !== status || text.includes('"error"')) throw new Error(text.slice(0, 500));
}

/** Processor time of this process, in microseconds. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Runs for the wanted time, half a second of warming up aside. */
async function measure(
  name: string,
  countPerRun: number,
  prepare: (run: number) => Promise<() => unknown>,
): Promise<void> {
  let spentUs = 0;
  let measuredUs = 0;
  let count = 0;
  for (let run = 0; measuredUs < seconds * 1_000_000; run++) {
    const work = await prepare(run);
    const startedUs = cpuUs();
    await work();
    const tookUs = cpuUs() - startedUs;
    spentUs += tookUs;
    if (spentUs < 500_000) continue;
    measuredUs += tookUs;
    count += countPerRun;
  }
  const perSecond = Math.round((count / measuredUs) * 1_000_000).toLocaleString("en");
  const eachUs = (measuredUs / count).toFixed(2);
  process.stdout.write(
    `${name.padEnd(44)} ${eachUs.padStart(8)} µs each ${perSecond.padStart(10)} /s\n`,
  );
}

async function measureBatches(
  name: string,
  withKeys: boolean,
  wrap: (store: Store) => Store,
): Promise<void> {
  let api: Api | undefined;
  await measure(name, batchSize, async (run) => {
    if (api === undefined || run % batchesPerStore === 0) {
      const store = openMemoryStore({ feedKept: 1 });
      await withTask(store);
      api = apiOver(wrap(store));
    }
    const body = batchText(withKeys);
    const over = api;
    return () => post(over, "/v1/instances/batch", body, 200);
  });
}

/** What the API itself does with a batch: neither HTTP objects nor a store. */
async function measureOwnWork(name: string, withKeys: boolean): Promise<void> {
  const store = openMemoryStore({ feedKept: 1 });
  await withTask(store);
  const engine = engineOver(forgetting(store));
  const context = { tenant: "default", actor: "bench", role: "admin" } as const;
  await measure(name, batchSize, async () => {
    const body = batchText(withKeys);
    return async () => {
      const parsed = parseStrictJson(body, bounds);
      if (parsed.outcome === "rejected") throw new Error(parsed.rejection.detail);
      const { items } = BatchSubmission.parse(parsed.value);
      return answerBatch(engine, context, items);
    };
  });
}

async function measureSingles(): Promise<void> {
  const store = openMemoryStore({ feedKept: 1 });
  await withTask(store);
  const api = apiOver(forgetting(store));
  await measure("single submissions, no store", 1_000, async () => {
    const bodies = Array.from({ length: 1_000 }, () => JSON.stringify(submission(false)));
    return async () => {
      for (const body of bodies) await post(api, "/v1/instances", body, 202);
    };
  });
}

async function measureStore(): Promise<void> {
  const ids = openIds();
  const sample = await sampleInstance();
  let store = openMemoryStore({ feedKept: 1 });
  await measure("the memory store alone", batchSize, async (run) => {
    if (run % batchesPerStore === 0) store = openMemoryStore({ feedKept: 1 });
    const instances = Array.from({ length: batchSize }, () => ({
      ...sample,
      id: ids.newId("ins", 0),
    }));
    return () =>
      Promise.all(
        instances.map((instance) =>
          store.write([{ kind: "put", record: instanceRecord(instance), expect: "absent" }]),
        ),
      );
  });
}

async function sampleInstance(): Promise<Instance> {
  const store = openMemoryStore();
  await withTask(store);
  await post(apiOver(store), "/v1/instances", JSON.stringify(submission(false)), 202);
  const [record] = [...store.all()].filter(({ type }) => type === "instance");
  if (record === undefined) throw new Error("no instance was stored");
  return record.body as unknown as Instance;
}

await measureBatches(`batches of ${batchSize}`, false, (store) => store);
await measureBatches(`batches of ${batchSize} with idempotency keys`, true, (store) => store);
await measureBatches(`batches of ${batchSize}, no store`, false, forgetting);
await measureBatches(`batches of ${batchSize} with keys, no store`, true, forgetting);
await measureOwnWork("of which the API's own work", false);
await measureOwnWork("of which the API's own work, with keys", true);
await measureSingles();
await measureStore();
const text = batchText(false);
await measure("strict JSON alone", batchSize, async () => () => parseStrictJson(text, bounds));
await measure("JSON.parse alone", batchSize, async () => () => JSON.parse(text));
