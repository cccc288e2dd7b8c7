import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import { storeContract } from "./store-contract.ts";

storeContract("memory", async () => ({
  store: openMemoryStore(),
  close: () => Promise.resolve(),
}));
