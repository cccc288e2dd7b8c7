import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { openEmbeddedStore } from "../../../functions/adapters/local/embedded/embedded-store.ts";
import { raceForSlots } from "./gates-contract.ts";

describe("slots over the embedded store", () => {
  it("are never more than their bound, and all come back", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gates-"));
    const store = await openEmbeddedStore({ directory });
    try {
      await raceForSlots(store);
    } finally {
      await store.close();
      await rm(directory, { recursive: true });
    }
  }, 30_000);
});
