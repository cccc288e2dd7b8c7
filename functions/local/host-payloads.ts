import { join } from "node:path";
import { limits } from "../../shared/core/limits.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Clock, Ids } from "../../shared/ports/clock.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { FeedChange } from "../../shared/ports/store.ts";
import {
  type LocalPayloads,
  openFilePayloads,
  openMemoryPayloads,
} from "../adapters/local/file-payloads.ts";
import type { HostOptions } from "./options.ts";

/** The payloads of this host and what keeps them in step with their instances. */
export interface HostPayloads {
  readonly payloads: LocalPayloads;
  /** Addresses wait until this is known. */
  listensAt(url: string): void;
  /** To be told of writes: a payload is kept for as long as its instance. */
  notify(changes: readonly FeedChange[]): void;
  /** Deletes what is over, now and then. */
  sweep(): Promise<void>;
}

const sweepEveryMs = 60 * 60 * 1_000;

export async function openHostPayloads(
  options: Pick<HostOptions, "store" | "dataDirectory">,
  { clock, ids, log }: { readonly clock: Clock; readonly ids: Ids; readonly log: Log },
): Promise<HostPayloads> {
  let listensAt: (url: string) => void = () => undefined;
  const server = new Promise<string>((resolve) => {
    listensAt = resolve;
  });
  const deps = { clock, ids, server: () => server };
  const payloads =
    options.store === "memory"
      ? openMemoryPayloads(deps)
      : await openFilePayloads({ ...deps, directory: join(options.dataDirectory, "payloads") });
  let sweptAtMs = -Infinity;
  return {
    payloads,
    listensAt,
    notify(changes) {
      for (const { type, record } of changes) {
        if (type !== "instance" || record === undefined) continue;
        const { tenant, inputRef, outputRef } = record.body as unknown as Instance;
        for (const ref of [inputRef, outputRef]) {
          if (ref === undefined) continue;
          // An instance that is retried is open again, and nobody knows for how long.
          const untilMs = record.expiresAtMs ?? clock.now() + limits.payloadKeepMs;
          payloads.keepUntil(tenant, ref.id, untilMs).catch((error: unknown) => {
            log.warn("a payload's keeping time could not be set; it is kept for longer", {
              payload: ref.id,
              cause: error instanceof Error ? error.message : String(error),
            });
          });
        }
      }
    },
    async sweep() {
      if (clock.now() - sweptAtMs < sweepEveryMs) return;
      sweptAtMs = clock.now();
      const deleted = await payloads.sweep();
      if (deleted > 0) log.info("payloads past their keeping time deleted", { deleted });
    },
  };
}
