import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EmbeddedStoreOptions,
  openEmbeddedStore,
} from "../../../functions/adapters/local/embedded/embedded-store.ts";
import { type OpenedStore, storeContract } from "./store-contract.ts";

async function openFresh(tuning: Omit<EmbeddedStoreOptions, "directory">): Promise<OpenedStore> {
  const directory = await mkdtemp(join(tmpdir(), "embedded-store-"));
  const store = await openEmbeddedStore({ directory, ...tuning });
  return {
    store,
    close: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}

storeContract("embedded", () => openFresh({}));

// Every write fills a generation, so that all reads and queries cross memory and disk.
storeContract("embedded, nothing kept in memory", () =>
  openFresh({
    generationCharsMax: 1,
    recentCharsMax: 1,
    feedTailChangesMax: 0,
    segmentBytes: 4_096,
  }),
);
