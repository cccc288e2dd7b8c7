import { limits } from "../../../shared/core/limits.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import type { ComparisonRules } from "../../../shared/routing/compare/compare-arms.ts";
import type { Engine } from "../../runtime/engine.ts";
import { changeHead, noted, noteOf } from "../rules/change-rules.ts";
import { findHead } from "../rules/read-rules.ts";
import { ExperimentTallies } from "./experiment-tallies.ts";
import { scanHistory } from "./scan-history.ts";

/**
 * Whoever looks often sees what chance does now and then, so ending an experiment takes more than a
 * report does: intervals that are wrong once in a thousand times, and more instances.
 */
const stoppingComparison: ComparisonRules = { confidence: 0.999, armMin: 100 };

export interface StopCheck {
  readonly outcome: "none running" | "goes on" | "stopped";
  /** In words; absent when no experiment runs. */
  readonly verdict?: string;
}

/**
 * Ends the running experiment when its candidate is clearly worse than the rules in force. Reads one
 * record when no experiment runs; else the instances since its start.
 */
export async function stopWorseExperiment(
  engine: Engine,
  context: TenantContext,
): Promise<StopCheck> {
  const { tenant } = context;
  const { activeVersion, experiment } = (await findHead(engine, tenant)).head;
  if (experiment === undefined) return { outcome: "none running" };
  const { candidateVersion, startedAtMs } = experiment;
  const { backends } = await engine.routing.facts(tenant);
  const tallies = new ExperimentTallies(backends);
  const range = {
    tenant,
    sinceMs: startedAtMs,
    untilMs: engine.clock.now(),
    instancesMax: limits.whatIfInstancesMax,
  };
  await scanHistory(engine, range, (instance, spec) => tallies.add(instance, spec));
  const comparison = tallies.compare(activeVersion, candidateVersion, stoppingComparison);
  const verdict = comparison?.verdict ?? "nothing that took part has finished yet";
  if (comparison?.stopAdvised !== true) return { outcome: "goes on", verdict };
  let stopped = false;
  await changeHead(engine, context, (head) => {
    const { experiment: present, ...without } = head;
    // Another experiment than the one that was judged stays as it is.
    stopped = present?.candidateVersion === candidateVersion && present.startedAtMs === startedAtMs;
    if (!stopped) return { head };
    const note = noteOf(engine, context, `stopped: ${verdict}`);
    return { head: noted(without, { ...note, change: { kind: "experiment" } }) };
  });
  engine.log.warn("experiment stopped", { candidateVersion, stopped, verdict });
  return { outcome: stopped ? "stopped" : "goes on", verdict };
}
