import { readFileSync } from "node:fs";
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
} from "aws-cdk-lib";
import { logRetention, tableProtection } from "./data-rules.ts";
import { asyncFailure, urlAuthorization } from "./function-rules.ts";
import { confusedDeputy, passRole, unconditionalResource, wildcardAction } from "./iam-rules.ts";
import { queueAlarm, ruleDeadLetters, scheduleDeadLetters } from "./messaging-rules.ts";
import type { Rule } from "./rule.ts";
import type { Template } from "./template.ts";

/** What cdk-nag does not look at, or not on the resource types used here. */
export const switchyardRules: readonly Rule[] = [
  tableProtection,
  logRetention,
  urlAuthorization,
  asyncFailure,
  scheduleDeadLetters,
  ruleDeadLetters,
  queueAlarm,
  wildcardAction,
  unconditionalResource,
  passRole,
  confusedDeputy,
];

/**
 * Applies our rules to every template at synthesis, which fails on a finding. A finding is accepted
 * on a construct with `acknowledge(construct, { "Switchyard::<rule>": "reason" })`.
 */
export class SwitchyardRules implements IPolicyValidationPlugin {
  readonly name = "Switchyard";
  readonly ruleIds = switchyardRules.map((rule) => rule.id);

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const violations = context.stackTemplates.flatMap(({ templatePath }) => {
      const template: Template = JSON.parse(readFileSync(templatePath, "utf8"));
      return switchyardRules.flatMap((rule) => {
        const findings = rule.check(template);
        if (findings.length === 0) return [];
        return [
          {
            ruleName: rule.id,
            description: rule.fault,
            fix: rule.fix,
            severity: "error",
            violatingResources: findings.map(({ resource, location }) => ({
              resourceLogicalId: resource,
              templatePath,
              locations: [location],
            })),
          },
        ];
      });
    });
    return { success: violations.length === 0, violations };
  }
}
