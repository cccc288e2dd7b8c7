import * as z from "zod";
import { healthOf, poolUnavailable } from "../../pool/health.ts";
import { type Pool, PoolSpec, type Worker } from "../../pool/pool.ts";
import { isoTime } from "./iso-time.ts";
import type { WorkerView } from "./work.ts";

const At = z.iso.datetime();

/** A pool, and how its workers are. */
export const PoolView = z.object({
  name: z.string(),
  spec: PoolSpec,
  workers: z
    .object({
      healthy: z.int().min(0),
      slots: z.int().min(0),
      busy: z.int().min(0),
      asOf: At,
    })
    .optional()
    .meta({ description: "As noted some seconds ago; absent while none has ever registered." }),
  unavailable: z
    .string()
    .optional()
    .meta({ description: "Why it takes nothing at the moment; absent while it does." }),
  waiting: z.int().min(0).optional().meta({
    description: "Attempts in its line; left out of lists. 1000 means: at least so many.",
  }),
  createdAt: At,
  updatedAt: At,
  updatedBy: z.string(),
  links: z.object({ self: z.string(), workers: z.string() }),
});
export type PoolView = z.infer<typeof PoolView>;

/** What was there is not there any more. */
export const DeletedAnswer = z.object({ deleted: z.literal(true) });
export type DeletedAnswer = z.infer<typeof DeletedAnswer>;

export function poolToView(pool: Pool, nowMs: number, waiting?: number): PoolView {
  const { name, spec, presence } = pool;
  const unavailable = poolUnavailable(pool, nowMs);
  return {
    name,
    spec,
    ...(presence === undefined
      ? {}
      : {
          workers: {
            healthy: presence.healthy,
            slots: presence.slots,
            busy: presence.busy,
            asOf: isoTime(presence.atMs),
          },
        }),
    ...(unavailable === undefined ? {} : { unavailable }),
    ...(waiting === undefined ? {} : { waiting }),
    createdAt: isoTime(pool.createdAtMs),
    updatedAt: isoTime(pool.updatedAtMs),
    updatedBy: pool.updatedBy,
    links: { self: `/v1/pools/${name}`, workers: `/v1/pools/${name}/workers` },
  };
}

export function workerToView(worker: Worker, nowMs: number): WorkerView {
  return {
    id: worker.id,
    health: healthOf(worker, nowMs),
    slots: worker.slots,
    busy: worker.busy,
    labels: worker.labels,
    version: worker.version,
    registeredAt: isoTime(worker.registeredAtMs),
    seenAt: isoTime(worker.seenAtMs),
  };
}
