import { formatRulesText } from "../../routing/rules/format-rules-text.ts";
import type { RuleSetVersion, RulesChange, RulesHead } from "../../routing/rules/rule-set.ts";
import { isoTime } from "./iso-time.ts";
import type {
  RulesChangeView,
  RulesVersionItem,
  RulesVersionView,
  RulesView,
} from "./rules-views.ts";

/** A version of the rules; what is shipped was created by nobody. */
export type AnyRulesVersion = Pick<RuleSetVersion, "version" | "spec" | "fingerprint"> &
  Partial<Pick<RuleSetVersion, "createdAtMs" | "createdBy" | "note">>;

/** What the head names, looked up. */
export interface RulesState {
  readonly head: RulesHead;
  readonly active: AnyRulesVersion;
  readonly shadow?: AnyRulesVersion | undefined;
  readonly candidate?: AnyRulesVersion | undefined;
}

export function rulesToView({ head, active, shadow, candidate }: RulesState): RulesView {
  const { experiment } = head;
  return {
    active: rulesVersionToView(active),
    latestVersion: head.latestVersion,
    ...(shadow === undefined
      ? {}
      : { shadow: { version: shadow.version, name: shadow.spec.name } }),
    ...(experiment === undefined || candidate === undefined
      ? {}
      : {
          experiment: {
            candidateVersion: candidate.version,
            name: candidate.spec.name,
            percent: experiment.percent,
            startedAt: isoTime(experiment.startedAtMs),
            startedBy: experiment.startedBy,
          },
        }),
    changes: (head.changes ?? []).map(changeToView),
  };
}

export function rulesVersionToView(version: AnyRulesVersion): RulesVersionView {
  const { spec } = version;
  return {
    ...identityOf(version),
    rules: spec.rules,
    policy: spec.policy,
    text: formatRulesText(spec),
  };
}

export function rulesVersionToItem(version: AnyRulesVersion): RulesVersionItem {
  return { ...identityOf(version), ruleCount: version.spec.rules.length };
}

function identityOf({ version, spec, fingerprint, createdAtMs, createdBy, note }: AnyRulesVersion) {
  return {
    version,
    name: spec.name,
    fingerprint,
    ...(createdAtMs === undefined ? {} : { createdAt: isoTime(createdAtMs) }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(note === undefined ? {} : { note }),
  };
}

function changeToView({ atMs, by, change, reason }: RulesChange): RulesChangeView {
  return {
    at: isoTime(atMs),
    by,
    ...change,
    ...(reason === undefined ? {} : { reason }),
  };
}
