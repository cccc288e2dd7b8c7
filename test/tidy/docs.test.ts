import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { instanceCommands, instanceStates, movesFrom } from "../../shared/instance/moves.ts";

/** Set UPDATE_DOCS=1 to rewrite the generated parts instead of checking them. */
const update = process.env.UPDATE_DOCS === "1";

describe("the documentation says what the code does", () => {
  it("shows the transition table of moves.ts in docs/concepts.md", () => {
    const file = "docs/concepts.md";
    const text = readFileSync(file, "utf8");
    const expected = text.replace(
      /<!-- moves -->[\s\S]*<!-- \/moves -->/,
      `<!-- moves -->\n${movesTable()}\n<!-- /moves -->`,
    );
    if (update) writeFileSync(file, expected);
    else expect(text).toBe(expected);
  });

  it("draws no arrow in the README's diagram that the table forbids", () => {
    const arrows = readFileSync("README.md", "utf8").matchAll(/^ {2}(\w+) --> (\w+):/gm);
    for (const [, from = "", to = ""] of arrows) {
      const state = instanceStates.find((name) => name === from);
      const allowed = instanceCommands.flatMap((command) =>
        state === undefined ? [] : movesFrom(state, command),
      );
      expect(allowed, `${from} --> ${to}`).toContain(to);
    }
  });
});

function movesTable(): string {
  const rows = instanceStates.map((state) => {
    const cells = instanceCommands.flatMap((command) => {
      const targets = movesFrom(state, command);
      return targets.length === 0 ? [] : [`${command} → ${targets.join(" or ")}`];
    });
    return `| \`${state}\` | ${cells.length === 0 ? "final" : cells.join("; ")} |`;
  });
  return ["| state | moves |", "|---|---|", ...rows].join("\n");
}
