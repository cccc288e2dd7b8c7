import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import { storeProperties } from "./store-properties.ts";

storeProperties(
  "memory",
  async () => ({ store: openMemoryStore(), close: () => Promise.resolve() }),
  { runs: 200 },
);
