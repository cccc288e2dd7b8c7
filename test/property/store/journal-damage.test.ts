import { cp, mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openEmbeddedStore } from "../../../functions/adapters/local/embedded/embedded-store.ts";
import { TerminalError } from "../../../shared/core/errors.ts";
import { mustWrite, put, rollupRecord } from "../../contract/store/store-records.ts";

const writes = 30;
const still = { materialiseAfterMs: 1_000_000, segmentBytes: 1_500 };
const record = (n: number) => rollupRecord("t", `b${n}`, { n });
let root = "";
let crashed = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "journal-damage-"));
  const directory = join(root, "running");
  const store = await openEmbeddedStore({ directory, ...still });
  for (let n = 0; n < writes / 2; n++) await mustWrite(store, put(record(n), "absent"));
  // The first half is in LevelDB and off the journal, whose files are partly used again.
  await store.settle();
  await store.trimFeed(String(writes / 2));
  for (let n = writes / 2; n < writes; n++) await mustWrite(store, put(record(n), "absent"));
  crashed = join(root, "crashed");
  await cp(directory, crashed, { recursive: true });
  await store.close();
});
afterAll(() => rm(root, { recursive: true }));

/** How many of the writes a store opened on the directory shows; undefined when it refuses. */
async function writesFound(directory: string): Promise<number | undefined> {
  try {
    const store = await openEmbeddedStore({ directory, ...still });
    const records = await store.getMany(Array.from({ length: writes }, (_, n) => record(n).key));
    await store.close();
    const found = records.indexOf(undefined);
    expect(records.slice(found < 0 ? writes : found).every((each) => each === undefined)).toBe(
      true,
    );
    return found < 0 ? writes : found;
  } catch (error) {
    expect(error).toBeInstanceOf(TerminalError);
    return undefined;
  }
}

it("a wrong byte anywhere in the journal costs at most the last commit, or the store refuses", async () => {
  const names = (await readdir(join(crashed, "journal"))).sort();
  expect(await writesFound(crashed)).toBe(writes);
  let run = 0;
  const refusals = { yes: 0, no: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 1, max: 255 }),
      async (name, place, flips) => {
        run += 1;
        const directory = join(root, `run${run}`);
        await cp(crashed, directory, { recursive: true });
        const path = join(directory, "journal", name);
        const at = Math.floor(place * (await stat(path)).size);
        const file = await open(path, "r+");
        const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
        await file.write(Buffer.from([(buffer[0] ?? 0) ^ flips]), 0, 1, at);
        await file.close();
        const found = await writesFound(directory);
        await rm(directory, { recursive: true });
        refusals[found === undefined ? "yes" : "no"] += 1;
        expect([undefined, writes - 1, writes]).toContain(found);
      },
    ),
    { numRuns: 25 },
  );
  expect(refusals.yes).toBeGreaterThan(0);
  expect(refusals.no).toBeGreaterThan(0);
}, 30_000);
