import { keys, partitions } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { poolUnavailable } from "../../shared/pool/health.ts";
import type { Pool } from "../../shared/pool/pool.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { BackendCapabilities } from "../../shared/routing/backend-capabilities.ts";

/** What all pools have in common, whatever their workers are. */
export const poolCapabilities = {
  kind: "pool",
  targets: ["function", "package", "command"],
  timeoutSecondsMax: limits.attemptTimeoutSecondsMax,
  memoryMbMax: 16_384,
  cpuCoresMax: 8,
  storageMbMax: 100_000,
  // Inputs too large for a record travel by reference.
  inputBytesMax: limits.payloadBytesMax,
  memoryMbDefault: 512,
  sizeIsPerAttempt: true,
  startMsTypical: 200,
  // Putting an attempt in line twice is putting it there once, and its worker says when it begins.
  startIsIdempotent: true,
  reportsStart: true,
  handOverMs: limits.pullHandOverMs,
  leaseSeconds: limits.leaseSecondsDefault,
  pull: true,
} as const satisfies Partial<BackendCapabilities>;

/** More attempts in line are counted as so many: the wait is long either way. */
const queuedMax = 200;

/**
 * The tenant's pools as backends. One query and one read for all of them, because a pool's record
 * sums up its workers, and a look into the line of each pool that takes work.
 */
export async function poolBackends(
  store: Store,
  tenant: string,
  nowMs: number,
): Promise<readonly BackendCapabilities[]> {
  const found = await store.query({
    index: "primary",
    partition: keys.pool(tenant, "").pk,
    order: "ascending",
    limit: limits.poolsMax,
  });
  if (found.length === 0) return [];
  const records = await store.getMany(found.map(({ key }) => key));
  const pools = records.flatMap((record) =>
    record === undefined ? [] : [record.body as unknown as Pool],
  );
  return Promise.all(pools.map((pool) => backendOf(store, pool, nowMs)));
}

async function backendOf(store: Store, pool: Pool, nowMs: number): Promise<BackendCapabilities> {
  const { name, spec } = pool;
  const unavailable = poolUnavailable(pool, nowMs);
  return {
    ...poolCapabilities,
    name,
    type: spec.type,
    targets: spec.targets,
    timeoutSecondsMax: spec.timeoutSecondsMax,
    memoryMbMax: spec.memoryMbMax,
    cpuCoresMax: spec.cpuCoresMax,
    storageMbMax: spec.storageMbMax,
    memoryMbDefault: Math.min(poolCapabilities.memoryMbDefault, spec.memoryMbMax),
    leaseSeconds: spec.leaseSeconds,
    pricing: { model: "pool", usdPerHour: spec.usdPerWorkerHour, slots: slotsPerWorker(pool) },
    labels: { ...spec.labels, pool: name },
    ...(spec.latencyMs === undefined ? {} : { latencyMs: spec.latencyMs }),
    ...(spec.bandwidthMbps === undefined ? {} : { bandwidthMbps: spec.bandwidthMbps }),
    ...(unavailable === undefined ? { queued: await countLine(store, pool) } : { unavailable }),
  };
}

/** A worker's hour is shared by its slots. */
function slotsPerWorker({ presence }: Pool): number {
  if (presence === undefined || presence.healthy === 0) return 1;
  return Math.max(1, presence.slots / presence.healthy);
}

async function countLine(store: Store, { tenant, name }: Pool): Promise<number> {
  const partition = partitions.poolLine(tenant, name);
  const line = await store.query({
    index: "queue",
    partition,
    order: "ascending",
    limit: queuedMax,
  });
  return line.length;
}
