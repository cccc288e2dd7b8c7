import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

/** An extra pair of eyes where it is installed: cfn-lint knows every property of every type. */
export function describeCfnLint(templateFiles: readonly string[]): void {
  const installed = spawnSync("cfn-lint", ["--version"]).status === 0;
  const note = installed ? "" : " (skipped: cfn-lint is not on the PATH; pip install cfn-lint)";

  describe("the templates", () => {
    it.skipIf(!installed)(`satisfy cfn-lint${note}`, () => {
      // W3005: CDK states dependencies that a reference already implies.
      const lint = spawnSync("cfn-lint", ["--ignore-checks", "W3005", "--", ...templateFiles], {
        encoding: "utf8",
      });
      expect(`${lint.stdout}${lint.stderr}`).toBe("");
      expect(lint.status).toBe(0);
    });
  });
}
