import { limits } from "../core/limits.ts";
import type { Pool, PoolPresence, Worker } from "./pool.ts";

const workerHealths = ["healthy", "silent", "draining"] as const;
export type WorkerHealth = (typeof workerHealths)[number];

/** How a worker is: silence outweighs everything it said before. */
export function healthOf(worker: Worker, nowMs: number): WorkerHealth {
  if (nowMs - worker.seenAtMs > limits.workerSilenceMsMax) return "silent";
  return worker.draining ? "draining" : "healthy";
}

/** The workers that may get work, in the order of their ids. */
export function healthyWorkers(workers: readonly Worker[], nowMs: number): readonly Worker[] {
  return workers
    .filter((worker) => healthOf(worker, nowMs) === "healthy")
    .toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

/** The summary of a pool's workers that its record keeps. */
export function presenceOf(workers: readonly Worker[], nowMs: number): PoolPresence {
  const healthy = healthyWorkers(workers, nowMs);
  return {
    atMs: nowMs,
    healthy: healthy.length,
    slots: healthy.reduce((sum, { slots }) => sum + slots, 0),
    busy: healthy.reduce((sum, { busy }) => sum + busy, 0),
  };
}

/** Why a pool takes nothing at the moment, in words; undefined while a worker of it is healthy. */
export function poolUnavailable(
  { presence, createdAtMs }: Pick<Pool, "presence" | "createdAtMs">,
  nowMs: number,
): string | undefined {
  if (presence === undefined) {
    return nowMs - createdAtMs > limits.workerSilenceMsMax
      ? "no worker has ever registered"
      : "no worker has registered yet";
  }
  if (nowMs - presence.atMs > limits.workerSilenceMsMax) {
    return `no worker has been heard of for ${Math.floor((nowMs - presence.atMs) / 1_000)} s`;
  }
  return presence.healthy === 0 ? "no worker takes work" : undefined;
}

/** True when no worker has been there for so long that waiting attempts should go elsewhere. */
export function isAbandoned(
  { presence, createdAtMs }: Pick<Pool, "presence" | "createdAtMs">,
  nowMs: number,
): boolean {
  const thereAtMs = presence === undefined ? createdAtMs : presence.atMs;
  return nowMs - thereAtMs > limits.workerSilenceMsMax;
}
