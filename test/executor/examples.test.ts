import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonValue } from "../../shared/core/json.ts";
import { TaskSpec } from "../../shared/task/task.ts";
import {
  bundle,
  errorOf,
  type FinalReport,
  type LocalYard,
  openYard,
  outputOf,
} from "./local-yard.ts";

const written: Record<string, unknown> = JSON.parse(readFileSync("examples/tasks.json", "utf8"));
const specs = Object.entries(written).map(([name, spec]) => [name, TaskSpec.parse(spec)] as const);

let yard: LocalYard;
beforeAll(async () => {
  yard = await openYard({}, { unresponsiveMsMax: 300 });
  for (const file of readdirSync("examples/functions")) {
    const outfile = join(yard.functionsRoot, file.replace(/\.ts$/, ".mjs"));
    await bundle(`examples/functions/${file}`, outfile);
  }
});
afterAll(() => yard.close());

/** One attempt of an example, as its definition says. */
function runExample(name: string, input?: JsonValue, attempt = 1): Promise<FinalReport> {
  const spec = specs.find(([one]) => one === name)?.[1];
  if (spec?.run.function === undefined) throw new Error(`no example "${name}"`);
  return yard.run({
    task: name,
    attempt,
    module: spec.run.function.module,
    export: spec.run.function.export,
    timeoutMs: spec.timeoutSeconds * 1_000,
    ...(input === undefined ? {} : { input }),
    ...(spec.needs.memoryMb === undefined ? {} : { memoryMb: spec.needs.memoryMb }),
  });
}

describe("the examples", () => {
  it("are all defined, and all definitions have their function", () => {
    const modules = specs.map(([, spec]) => spec.run.function?.module);
    const files = readdirSync("examples/functions").map((file) => file.replace(/\.ts$/, ".mjs"));
    expect(modules.toSorted()).toEqual(files.toSorted());
    for (const [name, spec] of specs) expect(spec.run.function?.module).toBe(`${name}.mjs`);
  });

  it.each([
    ["hello", { name: "Ada" }, { greeting: "Hello, Ada!" }],
    ["hello", undefined, { greeting: "Hello, world!" }],
    ["noop", undefined, undefined],
    ["sleep", { ms: 5 }, { sleptMs: 5 }],
  ])("answer: %s %j", async (name, input, output) => {
    expect(outputOf(await runExample(name, input))).toEqual(output);
  });

  it("flaky fails in as many attempts as it is told to", async () => {
    const input = { failures: 2 };
    for (const attempt of [1, 2]) {
      expect(errorOf(await runExample("flaky", input, attempt))).toMatchObject({ class: "error" });
    }
    expect(outputOf(await runExample("flaky", input, 3))).toEqual({ attempts: 3 });
  });

  it.each([
    ["crash", "crash"],
    ["hog", "out_of_memory"],
    ["spin", "timeout"],
  ])("%s ends as %s, and its log is kept", async (name, errorClass) => {
    const report = await runExample(name);
    expect(errorOf(report)).toMatchObject({ class: errorClass });
    expect(report.log).toMatch(/^(INFO|WARN) /);
  });

  it("report sums groups, says what it skips, and refuses what cannot work", async () => {
    const csv = "city,eur\nRome,3\nOslo,4\nRome,2.5\nBern,none";
    const report = await runExample("report", { csv, groupBy: "city", sum: "eur" });
    expect(outputOf(report)).toEqual({
      rows: 3,
      skipped: 1,
      groups: [
        { key: "Rome", rows: 2, sum: 5.5 },
        { key: "Oslo", rows: 1, sum: 4 },
      ],
    });
    expect(report.log).toContain('WARN no number in this row line=5 column="eur"');
    const wrong = { csv, groupBy: "town", sum: "eur" };
    expect(errorOf(await runExample("report", wrong))).toMatchObject({
      name: "FinalError",
      retryable: false,
      message: 'no column "town"; there are city, eur',
    });
    expect(errorOf(await runExample("report", { csv }))).toMatchObject({ retryable: false });
  });

  it("report gives progress on a large table", async () => {
    const rows = Array.from({ length: 3_000 }, (_, index) => `k${index % 3},1`);
    const report = await runExample("report", {
      csv: ["key,n", ...rows].join("\n"),
      groupBy: "key",
      sum: "n",
    });
    expect(outputOf(report)).toMatchObject({ rows: 3_000, skipped: 0 });
    expect(report.log).toContain("INFO progress");
  });
});
