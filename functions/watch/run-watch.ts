import { keys } from "../../shared/contract/keys.ts";
import { type Finding, type Symptom, systemTenant } from "../../shared/finding/finding.ts";
import { planFindings } from "../../shared/finding/plan-findings.ts";
import type { WatchSummary } from "../../shared/finding/watch-summary.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Metrics } from "../../shared/ports/metrics.ts";
import type { Store } from "../../shared/ports/store.ts";
import { loadFindings, putFinding } from "../runtime/finding-records.ts";
import { watchedTenants } from "../runtime/watched-tenants.ts";
import { canaryHealth } from "./canary.ts";
import { examineEngine } from "./examine-engine.ts";
import { findMissedSlots, type SlotWatchDeps } from "./find-missed-slots.ts";

export interface WatchDeps extends SlotWatchDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether a canary is sent here at all. */
  readonly canary: boolean;
  readonly metrics?: Metrics;
}

/**
 * Looks for what should have happened and has not, in the records alone: it shares nothing with those
 * whom it watches. Running twice, or twice at once, writes nothing twice.
 */
export async function runWatch(deps: WatchDeps): Promise<WatchSummary> {
  const { store, clock } = deps;
  const nowMs = clock.now();
  let missedSlots = 0;
  let openFindings = 0;
  for (const tenant of await watchedTenants(store)) {
    const { symptoms, unclear } = await findMissedSlots(deps, tenant, nowMs);
    missedSlots += symptoms.filter(({ mendedAtMs }) => mendedAtMs === undefined).length;
    const isWell = ({ subject }: Finding): boolean => !unclear.has(subject);
    openFindings += await saveFindings(deps, { tenant, nowMs, symptoms, isWell });
  }
  const canary = deps.canary ? await canaryHealth(store, nowMs) : undefined;
  const openSystemFindings = await saveFindings(deps, {
    tenant: systemTenant,
    nowMs,
    symptoms: await examineEngine(store, nowMs, canary),
    isWell: () => true,
  });
  const { successesAtMs: _, ...ofCanary } = canary ?? { successesAtMs: [] };
  const summary: WatchSummary = {
    atMs: nowMs,
    missedSlots,
    openFindings: openFindings + openSystemFindings,
    openSystemFindings,
    ...(canary === undefined ? {} : { canary: ofCanary }),
  };
  await saveSummary(store, summary);
  report(deps, summary);
  return summary;
}

interface Examined {
  readonly tenant: string;
  readonly nowMs: number;
  readonly symptoms: readonly Symptom[];
  readonly isWell: (finding: Finding) => boolean;
}

/** Writes what changes; answers how many are open then. */
async function saveFindings({ store, log }: WatchDeps, examined: Examined): Promise<number> {
  const loaded = await loadFindings(store, examined.tenant);
  const known = loaded.map(({ finding }) => finding);
  const states = new Map(known.map(({ id, state }) => [id, state]));
  for (const finding of planFindings({ ...examined, known })) {
    const before = loaded.find((each) => each.finding.id === finding.id);
    const result = await store.write([putFinding(finding, before?.version ?? "absent")]);
    // Lost: another watch, or whoever acknowledged it, was faster. The next look goes on from there.
    if (result.outcome === "lost") continue;
    states.set(finding.id, finding.state);
    const { id, kind, subject, state, message } = finding;
    const fields = { findingId: id, kind, subject, state, reason: message };
    if (state === "open") log.warn("finding open", fields);
    else log.info("finding closed", fields);
  }
  return [...states.values()].filter((state) => state === "open").length;
}

/** Lost to another watch is as good as written. */
async function saveSummary(store: Store, summary: WatchSummary): Promise<void> {
  const key = keys.watch();
  const present = await store.get(key);
  await store.write([
    {
      kind: "put",
      expect: present?.version ?? "absent",
      record: { key, type: "checkpoint", body: summary },
    },
  ]);
}

function report({ log, metrics }: WatchDeps, summary: WatchSummary): void {
  const { missedSlots, openFindings, canary } = summary;
  const ageMs = canary?.ageMs;
  metrics?.put({
    MissedSlots: missedSlots,
    OpenFindings: openFindings,
    // Without a single run there is no age, and the missing figure is what raises the alarm.
    ...(ageMs === undefined ? {} : { CanaryAgeSeconds: Math.round(ageMs / 1_000) }),
  });
  log.debug("watched", {
    missedSlots,
    openFindings,
    canaryAgeMs: ageMs,
    canaryP50Ms: canary?.p50Ms,
  });
}
