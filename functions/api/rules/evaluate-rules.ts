import { receiptToView } from "../../../shared/contract/http/receipt-to-view.ts";
import type { EvaluateRules, EvaluationView } from "../../../shared/contract/http/rules-views.ts";
import { assert, type Rejection, RejectionError } from "../../../shared/core/errors.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import { confinementOf } from "../../../shared/group/confinement.ts";
import { inputBytesOf } from "../../../shared/instance/input-bytes.ts";
import { openInstance } from "../../../shared/instance/open-instance.ts";
import type { Submission } from "../../../shared/instance/submission.ts";
import { featuresOf } from "../../../shared/routing/features.ts";
import { route } from "../../../shared/routing/route.ts";
import {
  compileRuleSet,
  type ParsedRule,
  parseRules,
} from "../../../shared/routing/rules/compile.ts";
import { explainRules } from "../../../shared/routing/rules/explain-rules.ts";
import { readFeatures } from "../../../shared/routing/rules/feature-values.ts";
import type {
  Classification,
  Features,
  FeatureValue,
  RuleSet,
  RuleSetSpec,
  RulesInForce,
} from "../../../shared/routing/rules/rule-set.ts";
import type { Engine } from "../../runtime/engine.ts";
import { loadRulesInForce } from "../../runtime/rules-source.ts";
import { FoundTasks } from "../../submission/find-tasks.ts";
import { canonicalRules } from "./check-rules.ts";
import { routeHypothetically } from "./hypothetical-task.ts";
import { findVersion } from "./read-rules.ts";

/** What decides here: the rules in force as they are now, or those of the request. */
interface Deciding {
  readonly rules: RulesInForce;
  readonly parsed: readonly ParsedRule[];
  /** Absent for rules of the request, which are no version. */
  readonly version?: number;
}

/** Says what the rules make of features or of a submission; nothing is submitted or kept. */
export async function evaluateRules(
  engine: Engine,
  context: TenantContext,
  { features, submission, rules }: EvaluateRules,
): Promise<EvaluationView> {
  const deciding = await decidingRules(engine, context.tenant, rules);
  if (submission !== undefined) return ofSubmission(engine, context, deciding, submission);
  const known = knownFeatures(features ?? {});
  const { active } = deciding.rules;
  const { backends } = await engine.routing.facts(context.tenant);
  const { backend, reason: backendReason } = routeHypothetically(known, active, backends);
  return {
    ...evaluation(deciding, active, active.classify(known), known),
    ...(backend === undefined ? {} : { backend }),
    backendReason,
  };
}

async function decidingRules(
  engine: Engine,
  tenant: string,
  given: RuleSetSpec | undefined,
): Promise<Deciding> {
  if (given !== undefined) {
    const spec = canonicalRules(given, "/rules");
    return { rules: { active: compileRuleSet(spec, 0) }, parsed: parsedOf(spec) };
  }
  // Not from what routing remembers: whoever has just set rules wants to see what they do.
  const rules = await loadRulesInForce(engine.store, tenant);
  const { version } = rules.active;
  const stored = await findVersion(engine, tenant, version);
  assert(stored !== undefined, `version ${version} of the rules is in force and missing`);
  return { rules, parsed: parsedOf(stored.spec), version };
}

function parsedOf(spec: RuleSetSpec): readonly ParsedRule[] {
  const parsed = parseRules(spec);
  assert(!("mistakes" in parsed), "checked rules cannot be read");
  return parsed;
}

function evaluation(
  { parsed, version }: Deciding,
  rules: RuleSet,
  { rule, type, priority, reason, open }: Classification,
  features: Features,
): EvaluationView {
  return {
    type,
    rule,
    priority,
    reason,
    open,
    rules: rules.name,
    ...(version === undefined ? {} : { version }),
    features,
    verdicts: explainRules(parsed, features).map((each) => ({
      ...each,
      missing: [...each.missing],
    })),
  };
}

async function ofSubmission(
  engine: Engine,
  { tenant, actor }: TenantContext,
  deciding: Deciding,
  submission: Submission,
): Promise<EvaluationView> {
  const found = (await FoundTasks.of(engine, tenant, [submission])).get(submission);
  if ("code" in found) throw new RejectionError(within(found, "/submission"));
  const { definition } = found;
  const nowMs = engine.clock.now();
  const id = engine.ids.newId("ins", nowMs);
  const opening = openInstance({ id, nowMs, tenant, actor, definition, submission });
  if (opening.outcome === "rejected") {
    throw new RejectionError(within(opening.rejection, "/submission"));
  }
  const { instance } = opening;
  const { backends } = await engine.routing.facts(tenant);
  const profile = await engine.routing.profile(tenant, definition.name);
  const { groups } = await engine.gates.facts(tenant);
  const confinement = confinementOf(instance.group, groups);
  const inputBytes = inputBytesOf(instance);
  const { spec } = definition;
  // Without the experiment: which side an instance is on depends on an id that this one never gets.
  const { experiment: _, ...rules } = deciding.rules;
  const known = { profile, spec, instance, inputBytes, nowMs };
  const receipt = route({ ...known, rules, backends, confinement });
  const features = featuresOf(known);
  const ruled = rules.active.classify(features);
  const { rule, type, priority, chosen } = receipt;
  return {
    ...evaluation(deciding, rules.active, ruled, features),
    rule,
    type,
    priority,
    // What was learned may override the rule; then the rule's reason is not why.
    ...(rule === ruled.rule ? {} : { reason: receipt.reason }),
    ...(chosen === undefined ? {} : { backend: chosen }),
    backendReason: receipt.reason,
    receipt: receiptToView(receipt),
  };
}

function knownFeatures(given: Readonly<Record<string, FeatureValue>>): Features {
  const read = readFeatures(given);
  if (read.outcome === "done") return read.features;
  const [first] = read.mistakes;
  throw new RejectionError({
    code: first?.unknown === true ? "unknown_field" : "invalid_field",
    detail: read.mistakes.map(({ message }) => message).join("; "),
    pointer: `/features/${first?.feature ?? ""}`,
    ...(first?.suggestion === undefined ? {} : { suggestion: first.suggestion }),
  });
}

/** A rejection about a body that is a part of this one. */
function within(rejection: Rejection, part: string): Rejection {
  const { pointer } = rejection;
  return pointer?.startsWith("/") === true
    ? { ...rejection, pointer: `${part}${pointer}` }
    : rejection;
}
