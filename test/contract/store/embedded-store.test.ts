import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EmbeddedStore } from "../../../functions/adapters/local/embedded/embedded-store.ts";
import type { EmbeddedTuning } from "../../../functions/adapters/local/embedded/tuning.ts";
import { TerminalError } from "../../../shared/core/errors.ts";
import { countOf, embeddedBench, record, writeRecords } from "./embedded-bench.ts";
import { readFeed } from "./store-contract-feed.ts";
import { add, mustWrite, put, rollupRecord } from "./store-records.ts";

/** What only the embedded store promises, beside the contract of every store. */
const bench = embeddedBench();
const openAt = bench.openAt;

describe("answers of the embedded store", () => {
  it("are not given before what they are based on is on disk", async () => {
    const store = await openAt(bench.directory);
    const events: string[] = [];
    store.watch(() => events.push("on disk"));
    const { key } = record(1);
    const answers = [
      store.write([put(record(1), "absent")]).then(({ outcome }) => events.push(outcome)),
      store.write([put(record(1), "absent")]).then(({ outcome }) => events.push(outcome)),
      store.write([{ kind: "check", key, expect: 1 }]).then(() => events.push("checked")),
      store.get(key).then((found) => events.push(`got ${found?.version}`)),
      store.getMany([key]).then(([found]) => events.push(`got ${found?.version} among many`)),
    ];
    await Promise.all(answers);
    expect(events[0]).toBe("on disk");
    expect(events.slice(1).toSorted()).toEqual(
      ["checked", "got 1", "got 1 among many", "lost", "wrote"].toSorted(),
    );
  });

  it("share one commit when the writes arrive together", async () => {
    const store = await openAt(bench.directory);
    await Promise.all(
      Array.from({ length: 500 }, (_, n) => mustWrite(store, put(record(n), "absent"))),
    );
    expect(store.stats().commits).toBe(1);
  });

  it("are all refused once the journal could not be written", async () => {
    const store = await openAt(bench.directory, { segmentBytes: 1 });
    await writeRecords(store, 0, 3);
    await rm(join(bench.directory, "journal"), { recursive: true });
    const refused = [
      store.write([put(record(3), "absent")]),
      store.write([put(record(3), "absent")]),
      store.get(record(3).key),
    ];
    for (const answer of refused) await expect(answer).rejects.toBeInstanceOf(TerminalError);
    await expect(store.get(record(1).key)).rejects.toBeInstanceOf(TerminalError);
    await expect(store.write([put(record(4), "absent")])).rejects.toBeInstanceOf(TerminalError);
    await expect(store.changes("0", 10)).rejects.toBeInstanceOf(TerminalError);
  });

  it("are refused after closing, which waits for the writes under way", async () => {
    const store = await openAt(bench.directory);
    const writing = store.write([put(record(1), "absent")]);
    await store.close();
    expect(await writing).toEqual({ outcome: "wrote" });
    await expect(store.get(record(1).key)).rejects.toBeInstanceOf(TerminalError);
    const again = await openAt(bench.directory);
    expect((await again.get(record(1).key))?.version).toBe(1);
  });
});

describe("the embedded store's memory", () => {
  it("is given back by writers having to wait when the disk is slower than they are", async () => {
    const store = await openAt(bench.directory, { generationCharsMax: 20_000 });
    let charsSeen = 0;
    store.watch(() => {
      charsSeen = Math.max(charsSeen, store.stats().charsInMemory);
    });
    const text = "x".repeat(1_000);
    const writing = Array.from({ length: 300 }, (_, n) =>
      mustWrite(store, put(rollupRecord("t", `c${n}`, { text }), "absent")),
    );
    await Promise.all(writing);
    expect(charsSeen).toBeGreaterThan(0);
    // Two generations, each with at most one write above its bound.
    expect(charsSeen).toBeLessThan(2 * (20_000 + 2_000));
    expect(await countOf(store)).toBe(300);
    await store.settle();
    expect(store.stats()).toMatchObject({ recordsInMemory: 0, charsInMemory: 0 });
  });

  it("never takes a stored record for a new one, before and after it has learnt what is there", async () => {
    const first = await openAt(bench.directory);
    const count = 2_500;
    const putAll = (store: EmbeddedStore, from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, n) => store.write([put(record(from + n), "absent")])),
      );
    await putAll(first, 0, count);
    await first.close();
    const store = await openAt(bench.directory, { missesUntilLearning: 1, recentCharsMax: 1 });
    for (let round = 1; round <= 4; round++) {
      const old = await putAll(store, 0, count);
      expect(old.filter(({ outcome }) => outcome === "lost")).toHaveLength(count);
      const fresh = await putAll(store, count * round, count * round + 50);
      expect(fresh.filter(({ outcome }) => outcome === "wrote")).toHaveLength(50);
      await store.settle();
    }
  });

  it("holds few versions of the feed, yet the feed is whole", async () => {
    const store = await openAt(bench.directory, { feedTailChangesMax: 5, segmentBytes: 2_000 });
    await writeRecords(store, 0, 60);
    const { changes } = await readFeed(store, "0", 7);
    expect(changes.map((change) => change.record?.body.n)).toEqual(
      Array.from({ length: 60 }, (_, n) => n),
    );
    expect(store.stats().journalSegments).toBeGreaterThan(2);
  });
});

describe("the embedded store's journal", () => {
  const small: Partial<EmbeddedTuning> = { segmentBytes: 2_000, feedTailChangesMax: 0 };

  it("keeps what no consumer has passed, and files are used again once all have", async () => {
    const store = await openAt(bench.directory, small);
    await writeRecords(store, 0, 60);
    await store.settle();
    const before = store.stats();
    expect(before.oldestReadablePosition).toBe(0);
    await store.trimFeed("40");
    const { oldestReadablePosition, journalSegments } = store.stats();
    expect(oldestReadablePosition).toBeGreaterThan(0);
    expect(oldestReadablePosition).toBeLessThanOrEqual(40);
    expect(journalSegments).toBeLessThan(before.journalSegments);
    const { changes } = await readFeed(store, "40");
    expect(changes.map(({ position }) => Number(position))).toEqual(
      Array.from({ length: 20 }, (_, n) => 41 + n),
    );
    for (let n = 60; n < 240; n += 20) {
      await writeRecords(store, n, n + 20);
      await store.settle();
      await store.trimFeed(String(n + 20));
    }
    expect((await readdir(join(bench.directory, "journal"))).length).toBeLessThan(8);
  });

  it("keeps only the newest changes when told that nobody trims it", async () => {
    const store = await openAt(bench.directory, { ...small, keepFeed: { newestChanges: 10 } });
    await writeRecords(store, 0, 100);
    await store.settle();
    const { oldestReadablePosition } = store.stats();
    expect(oldestReadablePosition).toBeGreaterThan(50);
    expect(oldestReadablePosition).toBeLessThanOrEqual(90);
    expect((await readFeed(store, "90")).changes).toHaveLength(10);
    const { changes } = await readFeed(store, "0");
    expect(changes[0]?.position).toBe(String(oldestReadablePosition + 1));
  });

  it("does not give up what LevelDB does not hold yet, trimmed or not", async () => {
    const store = await openAt(bench.directory, small);
    await writeRecords(store, 0, 60);
    await store.trimFeed("60");
    const crashed = join(bench.directory, "crashed");
    await cp(join(bench.directory, "records"), join(crashed, "records"), { recursive: true });
    await cp(join(bench.directory, "journal"), join(crashed, "journal"), { recursive: true });
    expect(await countOf(await openAt(crashed, small))).toBe(60);
  });
});

describe("expiry in the embedded store", () => {
  it("deletes what is due, at most so many at once, and tells the feed", async () => {
    const store = await openAt(bench.directory);
    const expiring = (n: number, expiresAtMs: number) =>
      put({ ...record(n), expiresAtMs }, "absent");
    await mustWrite(store, expiring(1, 1_000), expiring(2, 2_000), expiring(3, 3_000));
    await mustWrite(store, put(record(4), "absent"), add(record(5).key, { n: 1 }));
    expect(await store.deleteExpired(999, 10)).toBe(0);
    expect(await store.deleteExpired(2_000, 1)).toBe(1);
    await store.settle();
    expect(await store.deleteExpired(2_000, 10)).toBe(1);
    expect(await store.deleteExpired(2_000, 10)).toBe(0);
    expect(await countOf(store)).toBe(3);
    const { changes } = await readFeed(store, "5");
    expect(changes.map(({ key, record: left }) => [key.sk, left])).toEqual([
      ["b0001#lambda", undefined],
      ["b0002#lambda", undefined],
    ]);
  });

  it("spares a record whose time was moved", async () => {
    const store = await openAt(bench.directory);
    await mustWrite(store, put({ ...record(1), expiresAtMs: 1_000 }, "absent"));
    await store.settle();
    await mustWrite(store, put({ ...record(1), expiresAtMs: 5_000 }, 1));
    expect(await store.deleteExpired(4_000, 10)).toBe(0);
    expect(await store.deleteExpired(5_000, 10)).toBe(1);
  });
});
