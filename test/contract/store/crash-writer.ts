import { writeSync } from "node:fs";
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from "../../../functions/adapters/local/embedded/embedded-store.ts";
import { checkpointKey, clients, leftKey, nthWrite } from "./crash-plan.ts";

/**
 * The process that the crash test kills: writes as fast as it can into the directory given and
 * reports each acknowledged write as a line "<client> <how many it has made>". It never ends.
 */
async function write(store: EmbeddedStore, client: string, from: number): Promise<never> {
  for (let n = from; ; n++) {
    const result = await store.write(nthWrite(client, n));
    if (result.outcome !== "wrote") throw new Error(`lost: ${JSON.stringify(result)}`);
    writeSync(1, `${client} ${n + 1}\n`);
  }
}

/** Follows the feed with a checkpoint in the store itself, letting go of what it has passed. */
async function consume(store: EmbeddedStore): Promise<never> {
  const checkpoint = await store.get(checkpointKey);
  let version = checkpoint?.version;
  for (let from = String(checkpoint?.body.position ?? "0"); ; ) {
    const { changes, next } = await store.changes(from, 50);
    const first = changes[0]?.position;
    if (first !== undefined && Number(first) !== Number(from) + 1) {
      throw new Error(`the feed jumped from ${from} to ${first}`);
    }
    const record = { key: checkpointKey, type: "checkpoint", body: { position: next } } as const;
    const expect = version ?? "absent";
    const result = await store.write([{ kind: "put", record, expect }]);
    if (result.outcome !== "wrote") throw new Error("the checkpoint was lost");
    version = (version ?? 0) + 1;
    await store.trimFeed(next);
    from = next;
  }
}

async function main(directory: string): Promise<void> {
  const store = await openEmbeddedStore({
    directory,
    // Small, so that files are changed, moved and used again all the time.
    segmentBytes: 32_768,
    generationCharsMax: 60_000,
    materialiseAfterMs: 5,
    recentCharsMax: 20_000,
    feedTailChangesMax: 20,
  });
  const made = (await store.get(leftKey))?.body ?? {};
  await Promise.all([
    consume(store),
    ...clients.map((client) => write(store, client, Number(made[client] ?? 0))),
  ]);
}

await main(process.argv[2] ?? "");
