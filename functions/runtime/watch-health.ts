import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { WatchSummary } from "../../shared/finding/watch-summary.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { ComponentHealth } from "./host-ports.ts";

/** What the watch last saw, as a part of `GET /v1/health`: degraded also when nobody watches any more. */
export async function watchHealth(store: Store, nowMs: number): Promise<ComponentHealth> {
  const record = await store.get(keys.watch());
  if (record === undefined) return { state: "ok", lookedSecondsAgo: undefined, openFindings: 0 };
  const summary = record.body as unknown as WatchSummary;
  const { atMs, canary, openFindings, openSystemFindings, missedSlots } = summary;
  const sinceMs = Math.max(0, nowMs - atMs);
  // The canary has aged since.
  const canaryAgeMs = canary?.ageMs === undefined ? undefined : canary.ageMs + sinceMs;
  const isUnwell =
    sinceMs > limits.watchSilentMs ||
    openSystemFindings > 0 ||
    (canaryAgeMs !== undefined && canaryAgeMs > limits.canarySilentMs);
  return {
    state: isUnwell ? "degraded" : "ok",
    openFindings,
    missedSlots,
    canaryAgeSeconds: seconds(canaryAgeMs),
    canaryP50Ms: canary?.p50Ms,
    lookedSecondsAgo: seconds(sinceMs),
  };
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms / 1_000);
}
