import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { globalOptions } from "../../client/cli/command.ts";
import { commandTable } from "../../client/cli/command-table.ts";
import { parseCommandLine } from "../../client/cli/parse-command-line.ts";
import { referenceText } from "../../client/cli/reference-text.ts";

/** Set UPDATE_DOCS=1 to rewrite the generated part instead of checking it. */
const update = process.env.UPDATE_DOCS === "1";

describe("the table of commands", () => {
  it("is what docs/cli.md says", () => {
    const file = "docs/cli.md";
    const text = readFileSync(file, "utf8");
    const expected = text.replace(
      /<!-- commands -->[\s\S]*<!-- \/commands -->/,
      () => `<!-- commands -->\n${referenceText()}\n<!-- /commands -->`,
    );
    if (update) writeFileSync(file, expected);
    else expect(text).toBe(expected);
  });

  it.each(commandTable.map((command) => [command.name, command] as const))(
    "has examples of %s that its own parser takes",
    (name, command) => {
      for (const example of command.examples) {
        const [, line = ""] = new RegExp(`switchyard ${name}(?: (.*))?$`).exec(example) ?? [];
        const words = line.replace(/<.*$/, "").match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
        const args = words.map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
        // Piped examples get their ids from xargs.
        const ids = example.includes("xargs") ? ["ins_1"] : [];
        expect(() => parseCommandLine(command, [...args, ...ids], 0)).not.toThrow();
      }
      expect(command.examples.length).toBeGreaterThan(0);
    },
  );

  it("hides no option of every command behind one of its own, and no letter twice", () => {
    for (const { options } of commandTable) {
      const all = [...Object.entries(options), ...Object.entries(globalOptions)];
      const names = all.map(([name]) => name);
      const letters = all.flatMap(([, spec]) => ("short" in spec ? [spec.short] : []));
      expect(new Set(names).size).toBe(names.length);
      expect(new Set(letters).size).toBe(letters.length);
    }
  });
});
