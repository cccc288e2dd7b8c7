import type { WhatIfRequest } from "../../../shared/contract/http/comparison-routes.ts";
import type { WhatIfView } from "../../../shared/contract/http/comparison-views.ts";
import { limits } from "../../../shared/core/limits.ts";
import { replay } from "../../../shared/routing/replay.ts";
import { compileRuleSet } from "../../../shared/routing/rules/compile.ts";
import type { RuleSet } from "../../../shared/routing/rules/rule-set.ts";
import { WhatIfTally } from "../../../shared/routing/what-if.ts";
import { whatIfRowOf } from "../../../shared/routing/what-if-row.ts";
import type { Engine } from "../../runtime/engine.ts";
import { getTask } from "../../tasks/read-tasks.ts";
import { canonicalRules } from "../rules/check-rules.ts";
import { getVersion } from "../rules/read-rules.ts";
import { coveredView, figuresView } from "./comparison-to-view.ts";
import { scanHistory } from "./scan-history.ts";

/** Repeats the decisions of stored instances by other rules; changes nothing. */
export async function tryRules(
  engine: Engine,
  tenant: string,
  request: WhatIfRequest,
): Promise<WhatIfView> {
  const { task, since, until, limit = limits.whatIfInstancesMax } = request;
  if (task !== undefined) await getTask(engine, tenant, task);
  const { backends } = await engine.routing.facts(tenant);
  const given = await rulesOf(engine, tenant, request.rules);
  const rules: RuleSet = { ...given.rules, policy: request.policy ?? given.rules.policy };
  const { policy } = rules;
  const tally = new WhatIfTally({
    backends,
    ...(policy.name === "balanced" ? { usdPerSecond: policy.usdPerSecond } : {}),
  });
  const range = {
    tenant,
    task,
    sinceMs: Date.parse(since),
    untilMs: until === undefined ? engine.clock.now() : Date.parse(until),
    instancesMax: limit,
  };
  const covered = await scanHistory(engine, range, (instance, spec) => {
    const source = whatIfRowOf(instance, spec);
    if ("skipped" in source) tally.skip(source.skipped);
    else tally.add(source.row, replay(source.row, rules));
  });
  return {
    rules: {
      name: rules.name,
      ...(given.stored ? { version: rules.version } : {}),
    },
    policy,
    ...coveredView(range, covered),
    ...figuresView(tally.finish()),
  };
}

async function rulesOf(
  engine: Engine,
  tenant: string,
  wanted: WhatIfRequest["rules"],
): Promise<{ readonly rules: RuleSet; readonly stored: boolean }> {
  if (wanted === undefined) {
    const { rules } = await engine.routing.facts(tenant);
    return { rules: rules.active, stored: true };
  }
  if ("version" in wanted) {
    const { version, spec } = await getVersion(engine, tenant, wanted.version, "/rules/version");
    return { rules: compileRuleSet(spec, version), stored: true };
  }
  return { rules: compileRuleSet(canonicalRules(wanted, "/rules"), 0), stored: false };
}
