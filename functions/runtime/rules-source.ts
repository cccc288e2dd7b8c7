import { keys } from "../../shared/contract/keys.ts";
import { assert } from "../../shared/core/errors.ts";
import type { Store } from "../../shared/ports/store.ts";
import { compileRuleSet } from "../../shared/routing/rules/compile.ts";
import type {
  RuleSet,
  RuleSetVersion,
  RulesHead,
  RulesInForce,
} from "../../shared/routing/rules/rule-set.ts";
import { shippedRules } from "../../shared/routing/rules/shipped.ts";

/** Compiled versions that a process remembers per store: they never change. */
const compiledMax = 200;
const compiledOf = new WeakMap<Store, Map<string, RuleSet>>();
const shipped = compileRuleSet(shippedRules, 0);

/** The rules that routing goes by at the moment, made ready for use. */
export async function loadRulesInForce(store: Store, tenant: string): Promise<RulesInForce> {
  const record = await store.get(keys.rulesHead(tenant));
  if (record === undefined) return { active: shipped };
  const head = record.body as unknown as RulesHead;
  const { activeVersion, shadowVersion, experiment } = head;
  const [active, shadow, candidate] = await Promise.all([
    present(store, tenant, activeVersion),
    shadowVersion === undefined ? undefined : present(store, tenant, shadowVersion),
    experiment === undefined ? undefined : present(store, tenant, experiment.candidateVersion),
  ]);
  return {
    active,
    ...(shadow === undefined ? {} : { shadow }),
    ...(candidate === undefined || experiment === undefined
      ? {}
      : { experiment: { candidate, percent: experiment.percent } }),
  };
}

/** One version made ready for use; undefined when there is none. Version 0 is what is shipped. */
export async function loadRuleSet(
  store: Store,
  tenant: string,
  version: number,
): Promise<RuleSet | undefined> {
  if (version === 0) return shipped;
  const compiled = rememberedOf(store);
  const name = `${tenant}#${version}`;
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const record = await store.get(keys.rulesVersion(tenant, version));
  if (record === undefined) return undefined;
  const { spec } = record.body as unknown as RuleSetVersion;
  const rules = compileRuleSet(spec, version);
  if (compiled.size >= compiledMax) {
    for (const oldest of compiled.keys()) {
      compiled.delete(oldest);
      break;
    }
  }
  compiled.set(name, rules);
  return rules;
}

async function present(store: Store, tenant: string, version: number): Promise<RuleSet> {
  const rules = await loadRuleSet(store, tenant, version);
  assert(rules !== undefined, `version ${version} of the rules is in force and missing`);
  return rules;
}

function rememberedOf(store: Store): Map<string, RuleSet> {
  const known = compiledOf.get(store);
  if (known !== undefined) return known;
  const compiled = new Map<string, RuleSet>();
  compiledOf.set(store, compiled);
  return compiled;
}
