import { cp, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { describe, expect, it } from "vitest";
import type { EmbeddedTuning } from "../../../functions/adapters/local/embedded/tuning.ts";
import { countOf, embeddedBench, writeRecords } from "./embedded-bench.ts";
import { readFeed } from "./store-contract-feed.ts";

/** What the embedded store makes of the files it finds. */
const bench = embeddedBench();
const openAt = bench.openAt;

/** The files as a crash of the running store would leave them. */
async function crashedCopy(records: number, tuning?: Partial<EmbeddedTuning>): Promise<string> {
  const store = await openAt(bench.directory, tuning);
  await writeRecords(store, 0, records);
  const crashed = join(bench.directory, "crashed");
  for (const part of ["records", "journal"]) {
    await cp(join(bench.directory, part), join(crashed, part), { recursive: true });
  }
  return crashed;
}

/** Where each frame of the first journal file starts, and where the last one ends. */
async function journalFile(place: string) {
  const [name = ""] = await readdir(join(place, "journal"));
  const file = await open(join(place, "journal", name), "r+");
  const bytes = await file.readFile();
  const starts: number[] = [];
  const magic = Buffer.from([0xff, 0x53, 0x57, 0xff]);
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) starts.push(at);
  return { file, starts, bytes };
}

describe("a journal with damage", () => {
  it("leaves out a torn last commit and goes on after it", async () => {
    const crashed = await crashedCopy(5);
    const { file, starts } = await journalFile(crashed);
    await file.truncate((starts.at(-1) ?? 0) + 30);
    await file.close();
    const store = await openAt(crashed);
    expect(await countOf(store)).toBe(4);
    await writeRecords(store, 4, 8);
    expect(await countOf(store)).toBe(8);
    expect((await readFeed(store, "0")).changes).toHaveLength(8);
    await store.close();
    expect(await countOf(await openAt(crashed))).toBe(8);
  });

  it("leaves out a last commit with a wrong byte", async () => {
    const crashed = await crashedCopy(5);
    const { file, starts } = await journalFile(crashed);
    await file.write(Buffer.from("?"), 0, 1, (starts.at(-1) ?? 0) + 40);
    await file.close();
    expect(await countOf(await openAt(crashed))).toBe(4);
  });

  it("refuses damage before intact commits, naming the file and the place", async () => {
    const crashed = await crashedCopy(5);
    const { file, starts } = await journalFile(crashed);
    await file.write(Buffer.from("?"), 0, 1, (starts[2] ?? 0) + 40);
    await file.close();
    await expect(openAt(crashed)).rejects.toThrow(
      new RegExp(`journal file ".*00000001.journal" is damaged at byte ${starts[2]}`),
    );
  });

  it("refuses a file that ends before the next one begins", async () => {
    const crashed = await crashedCopy(20, { segmentBytes: 600 });
    const { file, starts } = await journalFile(crashed);
    const lastStart = starts.at(-1) ?? 0;
    await file.truncate(lastStart + 10);
    await file.close();
    await expect(openAt(crashed)).rejects.toThrow(`is damaged at byte ${lastStart}`);
  });

  it("refuses a journal whose beginning is missing", async () => {
    const crashed = await crashedCopy(5);
    await rm(join(crashed, "records"), { recursive: true });
    const store = await openAt(crashed, { segmentBytes: 300 });
    await writeRecords(store, 5, 20);
    await store.settle();
    await store.trimFeed("10");
    await store.close();
    await rm(join(crashed, "records"), { recursive: true });
    await expect(openAt(crashed)).rejects.toThrow(/does not continue from change 0/);
  });

  it("takes old content of a file used again for the end of the journal", async () => {
    const crashed = await crashedCopy(3);
    const { file, starts, bytes } = await journalFile(crashed);
    // The first commit again behind the last: an intact frame, but of an earlier time.
    await file.write(bytes.subarray(starts[0], starts[1]), 0, undefined, bytes.length);
    await file.close();
    const store = await openAt(crashed);
    expect(await countOf(store)).toBe(3);
    expect((await readFeed(store, "0")).changes).toHaveLength(3);
  });
});

describe("a directory that is not this store's to open", () => {
  it("refuses a directory that another store has open", async () => {
    await openAt(bench.directory);
    await expect(openAt(bench.directory)).rejects.toThrow(
      `the data directory "${join(bench.directory, "records")}" is in use by another process`,
    );
  });

  it("refuses a format that it does not know", async () => {
    const store = await openAt(bench.directory);
    await store.close();
    const level = new ClassicLevel(join(bench.directory, "records"));
    await level.put("m\u0000format", "2");
    await level.close();
    await expect(openAt(bench.directory)).rejects.toThrow(
      /has format 2; this version reads format 1/,
    );
  });

  it("refuses another program's database", async () => {
    const level = new ClassicLevel(join(bench.directory, "records"));
    await level.put("a", "b");
    await level.close();
    await expect(openAt(bench.directory)).rejects.toThrow(/holds another program's database/);
  });
});
