import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { type FeatureSpec, featureTable } from "../../shared/routing/rules/features.ts";
import { formatRulesText } from "../../shared/routing/rules/format-rules-text.ts";
import { kinds, unitsText } from "../../shared/routing/rules/kinds.ts";
import { parseRulesText } from "../../shared/routing/rules/parse-rules-text.ts";
import { shippedRules } from "../../shared/routing/rules/shipped.ts";

const file = "docs/rules.md";
/** Set UPDATE_DOCS=1 to rewrite the generated parts instead of checking them. */
const update = process.env.UPDATE_DOCS === "1";

const parts: Readonly<Record<string, () => readonly string[]>> = {
  kinds: () => [
    "| a value that is | is written like | its units | as a plain number it is in |",
    "|---|---|---|---|",
    ...Object.entries(kinds).map(([kind, { what, example, unit }]) => {
      const units = unitsText(kind as keyof typeof kinds);
      return `| ${what} (\`${kind}\`) | \`${example}\` | ${units} | ${unit} |`;
    }),
    "",
    "1 GB is 1,024 MB; 1 Gbps is 1,000 Mbps.",
  ],
  features: () => [
    "| feature | kind | meaning |",
    "|---|---|---|",
    ...Object.entries<FeatureSpec>(featureTable).map(([name, { kind, meaning, values }]) => {
      const few = values === undefined ? "" : ` One of ${values.join(", ")}.`;
      return `| \`${name}\` | ${kind} | ${meaning}${few} |`;
    }),
    "| `tag.KEY` | text | Value of the submission's tag KEY, such as `tag.team`. |",
  ],
  shipped: () => ["```", formatRulesText(shippedRules).trimEnd(), "```"],
};

describe("docs/rules.md", () => {
  it.each(Object.entries(parts))("says what the code says: %s", (name, lines) => {
    const text = readFileSync(file, "utf8");
    const pattern = new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`);
    expect(text).toMatch(pattern);
    const expected = text.replace(
      pattern,
      () => `<!-- ${name} -->\n${lines().join("\n")}\n<!-- /${name} -->`,
    );
    if (update) writeFileSync(file, expected);
    else expect(text).toBe(expected);
  });

  it("shows rules that can be read, and the bounds as they are", () => {
    const text = readFileSync(file, "utf8");
    const examples = [...text.matchAll(/```\n(rules [\s\S]*?)```/g)].map(([, each = ""]) => each);
    expect(examples.length).toBe(2);
    for (const example of examples) expect(parseRulesText(example).outcome).toBe("done");
    const { ruleCharsMax, ruleNodesMax, ruleDepthMax } = limits;
    const bounds = `at most ${ruleCharsMax.toLocaleString("en")} characters, ${ruleNodesMax} comparisons and values, and ${ruleDepthMax} levels`;
    expect(text.replaceAll(/\s+/g, " ")).toContain(bounds);
  });
});
