import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formatRulesText } from "../../shared/routing/rules/format-rules-text.ts";
import { shippedRules } from "../../shared/routing/rules/shipped.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, plainTask, type YardServer } from "./yard-server.ts";

const mine =
  "rules mine\npolicy cost-first\nrule big -> traditional\n  when memory_requirement>4GB # a lot\n";
const canonical =
  "rules mine\npolicy cost-first\n\nrule big priority medium -> traditional\n  when memory_requirement > 4GB\n";
const wrong = "rules mine\nrule big -> traditonal\n  when memory_requirement > 4gb\n";

let yard: YardServer;
let tool: Switchyard;
let folder: string;
let file: string;
let wrongFile: string;
beforeAll(async () => {
  yard = await openYardServer();
  tool = await buildSwitchyard(yard.url);
  folder = await mkdtemp(join(tmpdir(), "switchyard-rules-"));
  file = join(folder, "mine.rules");
  wrongFile = join(folder, "wrong.rules");
  await writeFile(file, mine);
  await writeFile(wrongFile, wrong);
});
afterAll(async () => {
  await tool.remove();
  await yard.close();
  await rm(folder, { recursive: true });
});

describe("files of rules", () => {
  it("are checked without a server, with every mistake at its place", async () => {
    const env = { SWITCHYARD_URL: "http://127.0.0.1:9" };
    expect(await tool.run(["rules", "check", file], { env })).toEqual({
      exitCode: 0,
      out: "mine: 1 rule and the policy cost-first, nothing wrong\n",
      err: "",
    });
    const { exitCode, out, err } = await tool.run(["rules", "check", wrongFile], { env });
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err.trim().split("\n")).toEqual([
      `${wrongFile}:2:13: a rule leads to serverless, traditional or edge, not to traditonal (did you mean traditional?)`,
      `${wrongFile}:3:29: memory_requirement is an amount of memory or storage, which has no unit gb (did you mean GB? The units are KB, MB, GB, TB)`,
    ]);
    const json = await tool.run(["rules", "check", wrongFile, "--json"], { env });
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, mistakes: { length: 2 } });
  });

  it("are formatted and turned into JSON and back", async () => {
    expect((await tool.run(["rules", "format", file])).out).toBe(canonical);
    const json = await tool.run(["rules", "format", file, "--to", "json"]);
    expect(JSON.parse(json.out)).toMatchObject({ name: "mine", policy: { name: "cost-first" } });
    const back = await tool.run(["rules", "format", "-"], { input: json.out });
    expect(back.out).toBe(canonical);
    const odd = await tool.run(["rules", "format", "-"], {
      input: '{"rules":[{"name":"a","when":"x = 1","type":"edge"}]}',
    });
    expect(odd.exitCode).toBe(2);
    expect(odd.err).toContain("standard input: rule a, line 1, column 1: there is no feature x");
    const shape = await tool.run(["rules", "check", "-"], {
      input: '{"rules":[{"name":"a","when":"x"}]}',
    });
    expect(shape.err).toContain("standard input: rules[0].type");
  });
});

describe("the rules of a server", () => {
  beforeEach(async () => {
    await tool.run(["rules", "activate", "0"]);
  });

  it("are shown in words, as text for a file and as JSON", async () => {
    const human = await tool.run(["rules"]);
    expect(human.exitCode).toBe(0);
    expect(human.out).toContain("shipped, version 0");
    expect(human.out).toContain("rule serverless_suitable priority high -> serverless");
    const text = await tool.run(["rules", "--version", "0", "--text"]);
    expect(text.out).toBe(formatRulesText(shippedRules));
    const json = await tool.run(["rules", "--json"]);
    expect(JSON.parse(json.out).active.version).toBe(0);
  });

  it("are set from a file, listed, rolled back and tried", async () => {
    const set = await tool.run(["rules", "set", file, "--note", "a first try"]);
    expect(set.out).toBe("version 1 of the rules (mine) decides\n");
    const shown = await tool.run(["rules"]);
    expect(shown.out).toMatch(/note +a first try/);
    const listed = await tool.run(["rules", "versions"]);
    expect(listed.out).toMatch(/1 +mine +1 .*tester +a first try\n +0 +shipped +3 +shipped/);
    const back = await tool.run(["rules", "activate", "0", "--reason", "no"]);
    expect(back.out).toBe("version 0 of the rules (shipped) decides\n");
    const kept = await tool.run(["rules", "set", file, "--no-activate", "-q"]);
    expect(kept.out).toBe("1\n");
    await tool.run(["rules", "shadow", "1"]);
    await tool.run(["rules", "experiment", "1", "12.5%"]);
    const trial = await tool.run(["rules"]);
    expect(trial.out).toMatch(/shadow +version 1, mine\n/);
    expect(trial.out).toMatch(/experiment +version 1, mine, on 12.5 % since/);
    await tool.run(["rules", "shadow", "off"]);
    await tool.run(["rules", "experiment", "off"]);
    const { out } = await tool.run(["rules", "--json"]);
    expect(JSON.parse(out)).not.toHaveProperty("shadow");
    expect(JSON.parse(out)).not.toHaveProperty("experiment");
  });
});

describe("asking a server about rules", () => {
  it("evaluates features and submissions", async () => {
    const small = [
      "execution_time_estimate=299s",
      "cpu_requirement=1_core",
      "memory_requirement=1",
    ];
    const more = ["stateful=false", "dependencies_count=4", "trigger_type=http"];
    const human = await tool.run(["rules", "evaluate", ...small, ...more]);
    expect(human.out).toContain(
      "serverless by serverless_suitable (high): The task's features meet",
    );
    expect(human.out).toContain("\non local\n  ");
    expect(human.out).toContain("edge_execution unknown: latency_requirement");
    const tried = await tool.run([
      "rules",
      "evaluate",
      "memory_requirement=5GB",
      "--rules",
      file,
      "-q",
    ]);
    expect(tried.out).toBe("traditional\n");
    await tool.run(["define", "plain", "-"], { input: JSON.stringify(plainTask) });
    const submission = await tool.run([
      "rules",
      "evaluate",
      "--task",
      "plain",
      "--input",
      "[1]",
      "--json",
    ]);
    expect(JSON.parse(submission.out)).toMatchObject({
      rule: "default_traditional_rule",
      backend: "local",
      features: { input_bytes: 3 },
    });
  });

  it.each([
    [["rules", "chek", "x"], 2, "did you mean switchyard rules check?"],
    [["rules", "activate", "x"], 2, '"x" is no version'],
    [["rules", "experiment", "1"], 2, "is no share"],
    [["rules", "experiment", "1", "200"], 2, '"200" is no share'],
    [["rules", "activate", "99"], 4, "the rules have no version 99"],
    [["rules", "format", "-", "--to", "xml"], 2, 'no form "xml"'],
    [["rules", "evaluate", "cpu=2"], 4, "did you mean cpu_requirement?"],
    [["rules", "evaluate", "--task", "a", "b=1"], 2, "cannot be combined"],
    [["rules", "evaluate", "--input", "1"], 2, "--input belongs to a submission"],
  ])("explains what is wrong with %j", async (args, code, said) => {
    const { exitCode, err } = await tool.run(args);
    expect([exitCode, err]).toEqual([code, expect.stringContaining(said)]);
  });

  it("refuses to set a wrong file, and names its first mistake", async () => {
    const { exitCode, err } = await tool.run(["rules", "set", wrongFile]);
    expect(exitCode).toBe(2);
    expect(err).toContain(`${wrongFile}:2:13: a rule leads to`);
    expect(err).toContain("switchyard rules check");
  });
});
