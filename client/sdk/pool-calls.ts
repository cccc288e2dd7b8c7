import type * as z from "zod";
import type { DeletedAnswer, PoolView } from "../../shared/contract/http/pool-views.ts";
import type { WorkerView } from "../../shared/contract/http/work.ts";
import type { PoolSpec } from "../../shared/pool/pool.ts";
import type { CallOptions } from "./client.ts";
import { type Listing, openListing, queryOf } from "./listing.ts";
import type { Ask } from "./read-calls.ts";

/** A pool as one writes it; what is left out has defaults. */
export type PoolBody = z.input<typeof PoolSpec>;

/** Pools of workers that fetch their work. */
export interface PoolsClient {
  /** Makes a pool, or replaces what it says. */
  define(name: string, pool: PoolBody, options?: CallOptions): Promise<PoolView>;
  list(options?: CallOptions): Listing<PoolView>;
  /** The pool, and how many attempts wait for it. */
  show(name: string, options?: CallOptions): Promise<PoolView>;
  /** Refused while attempts wait or run there. */
  delete(name: string, options?: CallOptions): Promise<DeletedAnswer>;
  workers(name: string, options?: CallOptions): Listing<WorkerView>;
  /** The worker finishes what it has, gets nothing more and goes. */
  drain(name: string, worker: string, options?: CallOptions): Promise<WorkerView>;
}

export function poolCalls(ask: Ask): PoolsClient {
  const get = <Answer>(path: string, options: CallOptions | undefined): Promise<Answer> =>
    ask<Answer>({ method: "GET", path, repeatable: true, options });
  return {
    define: (name, body, options) =>
      ask({ method: "PUT", path: poolPath(name), body, repeatable: true, options }),
    list: (options) => openListing((cursor) => get(`/v1/pools${queryOf({ cursor })}`, options)),
    show: (name, options) => get(poolPath(name), options),
    delete: (name, options) =>
      // Repeated after a lost answer it would say that there is no such pool.
      ask({ method: "DELETE", path: poolPath(name), repeatable: false, options }),
    workers: (name, options) =>
      openListing((cursor) => get(`${poolPath(name)}/workers${queryOf({ cursor })}`, options)),
    drain: (name, worker, options) =>
      ask({
        method: "POST",
        path: `${poolPath(name)}/workers/${encodeURIComponent(worker)}/drain`,
        repeatable: true,
        options,
      }),
  };
}

function poolPath(name: string): string {
  return `/v1/pools/${encodeURIComponent(name)}`;
}
