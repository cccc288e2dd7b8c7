import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from "../../../functions/adapters/local/embedded/embedded-store.ts";
import type { EmbeddedTuning } from "../../../functions/adapters/local/embedded/tuning.ts";
import { mustWrite, put, rollupRecord } from "./store-records.ts";

/** A directory per test and the stores opened in it, closed when the test ends. */
export interface EmbeddedBench {
  readonly directory: string;
  openAt(place: string, tuning?: Partial<EmbeddedTuning>): Promise<EmbeddedStore>;
}

export function embeddedBench(): EmbeddedBench {
  let directory = "";
  const opened: EmbeddedStore[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "embedded-store-"));
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await rm(directory, { recursive: true });
  });
  return {
    get directory() {
      return directory;
    },
    /** Nothing moves out of the journal by itself, so that tests decide when it does. */
    async openAt(place, tuning = {}) {
      const still = { materialiseAfterMs: 1_000_000 };
      const store = await openEmbeddedStore({ directory: place, ...still, ...tuning });
      opened.push(store);
      return store;
    },
  };
}

export const record = (n: number) => rollupRecord("t", `b${String(n).padStart(4, "0")}`, { n });

/** Writes so many records one after the other: each is a frame of its own in the journal. */
export async function writeRecords(store: EmbeddedStore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) await mustWrite(store, put(record(n), "absent"));
}

export async function countOf(store: EmbeddedStore): Promise<number> {
  const partition = record(0).key.pk;
  const query = { index: "primary", partition, order: "ascending", limit: 1_000 } as const;
  return (await store.query(query)).length;
}
