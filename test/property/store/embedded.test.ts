import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from "../../../functions/adapters/local/embedded/embedded-store.ts";
import type { EmbeddedTuning } from "../../../functions/adapters/local/embedded/tuning.ts";
import { type DisturbableStore, storeProperties } from "./store-properties.ts";

async function open(
  tuning: Partial<EmbeddedTuning>,
  disturb: (store: EmbeddedStore, reopen: () => Promise<void>) => Promise<void>,
): Promise<DisturbableStore> {
  const directory = await mkdtemp(join(tmpdir(), "embedded-model-"));
  let store = await openEmbeddedStore({ directory, ...tuning });
  const reopen = async () => {
    await store.close();
    store = await openEmbeddedStore({ directory, ...tuning });
  };
  return {
    get store() {
      return store;
    },
    disturb: () => disturb(store, reopen),
    close: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}

storeProperties(
  "embedded, moved to disk now and then",
  () => open({ recentCharsMax: 1_000 }, (store) => store.settle()),
  { runs: 30 },
);

storeProperties(
  "embedded, opened again now and then",
  () =>
    open({ feedTailChangesMax: 3, segmentBytes: 2_048, missesUntilLearning: 5 }, (_store, reopen) =>
      reopen(),
    ),
  { runs: 15 },
);

storeProperties(
  "embedded, each write moved to disk",
  () =>
    open({ generationCharsMax: 1, recentCharsMax: 1, missesUntilLearning: 3 }, () =>
      Promise.resolve(),
    ),
  { runs: 15 },
);
