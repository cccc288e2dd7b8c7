import { type App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, type NagPack, ServerlessChecks } from "cdk-nag";
import type { IConstruct } from "constructs";
import { describe, expect, it } from "vitest";
import { switchyardRules } from "../../../infra/rules/switchyard-rules.ts";
import type { Template } from "../../../infra/rules/template.ts";

interface Acknowledgement {
  readonly path: string;
  readonly id: string;
  readonly reason: string;
}

export function describePolicyChecks(
  app: App,
  templates: Readonly<Record<string, Template>>,
): void {
  const packs = [new AwsSolutionsChecks(app), new ServerlessChecks(app)];

  describe("the policy checks", () => {
    it.each(packs)("of $name find nothing that is not acknowledged", (pack) => {
      expect(pack.validateScope(app).violations).toEqual([]);
    });

    it("of our own find only what is acknowledged", () => {
      const found = Object.values(templates).flatMap((template) =>
        switchyardRules.flatMap((rule) => rule.check(template).map(() => rule.id)),
      );
      const acknowledged = acknowledgementsIn(app).flatMap(({ id }) =>
        id.startsWith("Switchyard::") ? [id.replace("Switchyard::", "")] : [],
      );
      expect(found).toEqual(acknowledged);
    });

    it("are acknowledged with a reason that says something", () => {
      for (const { path, id, reason } of acknowledgementsIn(app)) {
        expect(reason.length, `${id} at ${path}`).toBeGreaterThan(40);
      }
    });

    it("are acknowledged nowhere without need", () => {
      const findings = packs.flatMap((pack) => allFindings(pack, app));
      const stale = acknowledgementsIn(app)
        .filter(({ id }) => packs.some(({ name }) => id.startsWith(name.replace("Checks", ""))))
        .filter(
          ({ id, path }) =>
            !findings.some((finding) => finding.id === id && finding.path.startsWith(path)),
        );
      expect(stale).toEqual([]);
    });
  });
}

function acknowledgementsIn(app: App): readonly Acknowledgement[] {
  return app.node
    .findAll()
    .flatMap((construct) => construct.node.metadata.flatMap((entry) => reasons(construct, entry)));
}

function reasons(
  construct: IConstruct,
  entry: { readonly type: string; readonly data: unknown },
): readonly Acknowledgement[] {
  if (entry.type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY) return [];
  return Object.entries(entry.data ?? {}).map(([id, reason]) => ({
    path: construct.node.path,
    id: id.replace(/^Annotation::/i, ""),
    reason: String(reason),
  }));
}

/** What the pack would say if nothing were acknowledged. */
function allFindings(pack: NagPack, app: App) {
  const deaf = Object.create(pack, { isAcknowledged: { value: () => false } }) as NagPack;
  return deaf
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({ id: ruleName, path: constructPath ?? "" })),
    );
}
