import type { ComparisonQuery } from "../../../shared/contract/http/comparison-routes.ts";
import type { RulesComparisonView } from "../../../shared/contract/http/comparison-views.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Engine } from "../../runtime/engine.ts";
import { getTask } from "../../tasks/read-tasks.ts";
import { coveredView, figuresView } from "./comparison-to-view.ts";
import { ExperimentTallies } from "./experiment-tallies.ts";
import { scanHistory } from "./scan-history.ts";
import { ShadowTallies } from "./shadow-tallies.ts";

const weekMs = 7 * 24 * 3_600_000;

/** What rules in shadow would have done, and how the arms of experiments fared; changes nothing. */
export async function compareRules(
  engine: Engine,
  tenant: string,
  { since, until, task }: ComparisonQuery,
): Promise<RulesComparisonView> {
  if (task !== undefined) await getTask(engine, tenant, task);
  const nowMs = engine.clock.now();
  const { rules, backends } = await engine.routing.facts(tenant);
  const shadows = new ShadowTallies(backends);
  const experiments = new ExperimentTallies(backends);
  const range = {
    tenant,
    task,
    sinceMs: since === undefined ? nowMs - weekMs : Date.parse(since),
    untilMs: until === undefined ? nowMs : Date.parse(until),
    instancesMax: limits.whatIfInstancesMax,
  };
  const covered = await scanHistory(engine, range, (instance, spec) => {
    shadows.add(instance, spec);
    experiments.add(instance, spec);
  });
  const { active, experiment } = rules;
  return {
    ...coveredView(range, covered),
    shadows: shadows.results().map(({ version, result }) => ({
      version,
      otherwise: result.instances === 0 ? 0 : result.moved / result.instances,
      ...figuresView(result),
    })),
    experiments: experiments.results().map((found) => ({
      ...found,
      running:
        found.control === active.version && found.candidate === experiment?.candidate.version,
    })),
    estimate: true,
  };
}
