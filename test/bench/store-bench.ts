import { cp, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from "../../functions/adapters/local/embedded/embedded-store.ts";
import { partitions } from "../../shared/contract/keys.ts";
import type { Change } from "../../shared/ports/store.ts";
import { instanceRecord } from "../contract/store/store-records.ts";

/** Figures of the embedded store: `npx tsx test/bench/store-bench.ts [records]`. */
const recordCount = Number(process.argv[2] ?? 100_000);
/** Bursts that fit into memory; longer ones are bounded by what LevelDB takes. */
const burstCount = 6_000;
const bursts = 12;
const root = await mkdtemp(join(tmpdir(), "store-bench-"));
const start = 1_700_000_000_000;

/** A dispatched instance of about 700 bytes, as a submission leaves it. */
function submitted(n: number, prefix = "ins"): Change {
  const id = `${prefix}_${(start + n).toString(36)}${n.toString(36).padStart(8, "0")}`;
  const at = start + n;
  const record = instanceRecord("default", id, {
    state: "dispatched",
    createdAtMs: at,
    wakeAtMs: at + 60_000,
    group: "blue",
    input: { bucket: "photos", key: `2024/05/17/image-${n}.jpg`, width: 1280 },
    attemptCount: 1,
    attempts: [
      {
        number: 1,
        id: `att_${id}`,
        token: `tok_${n.toString(36).padStart(32, "x")}`,
        round: 1,
        backend: "local",
        claimedAtMs: at,
      },
    ],
  });
  const { waiting: _waiting, ...body } = record.body;
  return { kind: "put", record: { ...record, body }, expect: "absent" };
}

function report(what: string, value: number, unit: string): void {
  const shown = value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
  process.stdout.write(`${what.padEnd(58)} ${shown.padStart(10)} ${unit}\n`);
}

/** Keeps `inFlight` writes under way until all are done; answers the seconds it took. */
async function writeAll(
  store: EmbeddedStore,
  changes: Change[],
  inFlight: number,
): Promise<number> {
  let next = 0;
  const client = async () => {
    for (let change = changes[next++]; change !== undefined; change = changes[next++]) {
      const { outcome } = await store.write([change]);
      if (outcome !== "wrote") throw new Error("a write of the benchmark was lost");
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: inFlight }, client));
  return (performance.now() - begun) / 1_000;
}

const many = (count: number, prefix: string, from = 0): Change[] =>
  Array.from({ length: count }, (_, n) => submitted(from + n, prefix));

async function bytesOf(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

async function benchWrites(store: EmbeddedStore): Promise<void> {
  await writeAll(store, many(20_000, "warm"), 1_000);
  await store.settle();
  const line = JSON.stringify(submitted(1)).length;
  report("size of a record as JSON", line, "bytes");
  const bodies = many(20_000, "body");
  const begun = performance.now();
  for (const body of bodies) if (JSON.stringify(body).length === 0) throw new Error("no JSON");
  report(
    "for comparison: JSON.stringify alone",
    ((performance.now() - begun) / 20_000) * 1e3,
    "µs",
  );
  const single = await writeAll(store, many(2_000, "single"), 1);
  report("commit latency, 1 in flight", (single / 2_000) * 1e6, "µs");
  report("writes, 1 in flight", 2_000 / single, "/s");
  const some = many(20_000, "some");
  const commitsBefore = store.stats().commits;
  const few = await writeAll(store, some, 64);
  report("writes, 64 in flight", 20_000 / few, "/s");
  report("  in commits", (store.stats().commits - commitsBefore) / few, "/s");
  const rates: number[] = [];
  for (let round = 0; round < bursts; round++) {
    await store.settle();
    const burst = many(burstCount, `burst${round}`);
    rates.push(burstCount / (await writeAll(store, burst, 1_000)));
  }
  rates.sort((a, b) => b - a);
  report(`new records, 1,000 in flight, best burst of ${burstCount}`, rates[0] ?? 0, "/s");
  report("  median burst", rates[bursts / 2] ?? 0, "/s");
  await store.settle();
  const sustained = many(recordCount, "many");
  const seconds = await writeAll(store, sustained, 1_000);
  report(`new records, 1,000 in flight, ${recordCount} of them`, recordCount / seconds, "/s");
  await store.settle();
  const versions = 20;
  const updates = Array.from({ length: versions }, (_, version) =>
    many(5_000, "some").map(
      (change): Change => (change.kind === "put" ? { ...change, expect: version + 1 } : change),
    ),
  ).flat();
  const updating = await writeAll(store, updates, 1_000);
  report("updates of 5,000 records, 1,000 in flight", updates.length / updating, "/s");
}

async function benchReads(store: EmbeddedStore): Promise<void> {
  const keysOf = (changes: Change[]) =>
    changes.map((change) => (change.kind === "put" ? change.record.key : change.key));
  const hot = keysOf(many(2_000, "some"));
  await store.getMany(hot);
  let begun = performance.now();
  for (let round = 0; round < 50; round++) for (const key of hot) await store.get(key);
  report("gets, recently used", 100_000 / ((performance.now() - begun) / 1_000), "/s");
  const cold = keysOf(many(20_000, "many")).toSorted((a, b) =>
    a.pk.slice(-3) < b.pk.slice(-3) ? -1 : 1,
  );
  begun = performance.now();
  for (const key of cold) await store.get(key);
  report("gets, from LevelDB", cold.length / ((performance.now() - begun) / 1_000), "/s");
  begun = performance.now();
  const partition = partitions.byTask("default", "resize");
  for (let n = 0; n < 2_000; n++) {
    const query = { index: "task", partition, order: "descending", limit: 50 } as const;
    if ((await store.query(query)).length !== 50) throw new Error("a query found too little");
  }
  report("queries of 50 candidates", 2_000 / ((performance.now() - begun) / 1_000), "/s");
}

async function benchRecovery(): Promise<void> {
  const directory = join(root, "crashed");
  const store = await openEmbeddedStore({
    directory,
    generationCharsMax: Number.MAX_SAFE_INTEGER,
    materialiseAfterMs: 1_000_000,
  });
  await writeAll(store, many(100_000, "ins"), 1_000);
  // A copy of the files of a running store is what a crash leaves behind.
  const copy = join(root, "copy");
  await cp(directory, copy, { recursive: true });
  await store.close();
  const begun = performance.now();
  const reopened = await openEmbeddedStore({ directory: copy });
  report("opening with 100,000 records in the journal only", performance.now() - begun, "ms");
  await reopened.close();
  const again = performance.now();
  const settled = await openEmbeddedStore({ directory: copy });
  report("opening with 100,000 records in LevelDB", performance.now() - again, "ms");
  report("resident memory of this process", process.memoryUsage.rss() / 2 ** 20, "MiB");
  await settled.close();
}

async function main(): Promise<void> {
  const directory = join(root, "store");
  const store = await openEmbeddedStore({ directory });
  // As the host's consumer of the feed does it.
  store.watch((changes) => void store.trimFeed(changes.at(-1)?.position ?? "0"));
  await benchWrites(store);
  await benchReads(store);
  await store.settle();
  const records = 20_000 + 2_000 + 20_000 + bursts * burstCount + recordCount;
  await store.close();
  const bytes = await bytesOf(join(directory, "records"));
  report(`on disk per record (${records} records, feed trimmed)`, bytes / records, "bytes");
  report(
    "journal files, feed trimmed",
    (await bytesOf(join(directory, "journal"))) / 2 ** 20,
    "MiB",
  );
  await benchRecovery();
}

try {
  await main();
} finally {
  await rm(root, { recursive: true, force: true });
}
