import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "aws-cdk-lib";
import { usEast1PriceTable } from "../shared/pricing/price-table.ts";
import { readOptions } from "./config.ts";
import { renderIdleReport } from "./idle/render-report.ts";
import { documentWith } from "./idle/report-document.ts";
import { idleUseOf } from "./idle-cost.ts";
import { addSwitchyard } from "./switchyard-app.ts";

// Usage: npx tsx infra/idle-cost-report.ts [stage] [--write]
// Prints what the stage of cdk.json costs while nothing runs; --write renews docs/idle-cost.md.
const root = resolve(fileURLToPath(import.meta.url), "../..");
const words = process.argv.slice(2);
const stage = words.find((word) => !word.startsWith("--"));

const { context } = JSON.parse(readFileSync(resolve(root, "cdk.json"), "utf8"));
const app = new App({ context, analyticsReporting: false });
addSwitchyard(
  app,
  readOptions((key) =>
    key === "stage" && stage !== undefined ? stage : app.node.tryGetContext(key),
  ),
  { bundles: resolve(root, "dist/lambda"), runnerFolder: resolve(root, "dist/runner") },
);
const templates = Object.fromEntries(app.synth().stacks.map((stack) => [stack.id, stack.template]));
const report = renderIdleReport(idleUseOf(templates), usEast1PriceTable);
process.stdout.write(`${report}\n`);

if (words.includes("--write")) {
  const file = resolve(root, "docs/idle-cost.md");
  writeFileSync(file, documentWith(readFileSync(file, "utf8"), report));
}
