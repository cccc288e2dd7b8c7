import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNodeTransport } from "../../client/sdk/node-transport.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { fixedRouting, openRuleSet } from "../fixtures/fixed-routing.ts";
import { historyBackends, storeHistory } from "../fixtures/synthetic-history.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, type YardServer } from "./yard-server.ts";

const cheap =
  "rules cheap\npolicy cost-first\n\nrule long priority high -> traditional\n  when execution_time_estimate > 60s\n";

let yard: YardServer;
let tool: Switchyard;
let folder: string;
let file: string;
/** Set by a test that wants another verdict than chance gives. */
let worse = false;

beforeAll(async () => {
  const rules = {
    active: openRuleSet({ version: 3 }),
    experiment: { candidate: openRuleSet({ version: 4 }), percent: 25 },
  };
  yard = await openYardServer({
    routing: fixedRouting(historyBackends, { rules }),
    intercept: async (request, pass) => {
      const response = await pass();
      if (!worse || !request.url.includes("/comparison")) return response;
      const text = (await response.text()).replace('"stopAdvised":false', '"stopAdvised":true');
      return new Response(text, { headers: { "content-type": "application/json" } });
    },
  });
  const everyMs = 60_000;
  const fromMs = Date.now() - 1_001 * everyMs;
  await storeHistory(yard.store, 1_000, { tenant: "default", fromMs, everyMs });
  tool = await buildSwitchyard(yard.url);
  folder = await mkdtemp(join(tmpdir(), "switchyard-what-if-"));
  file = join(folder, "cheap.rules");
  await writeFile(file, cheap);
});
afterAll(async () => {
  await tool.remove();
  await yard.close();
  await rm(folder, { recursive: true });
});

describe("switchyard rules test", () => {
  it("shows what the rules of a file would have changed", async () => {
    const { exitCode, out, err } = await tool.run(["rules", "test", file, "--since", "30d"]);
    expect([exitCode, err]).toEqual([0, expect.stringContaining("1000 instances from")]);
    expect(err).toContain("cheap, cost-first");
    expect(out).toMatch(/^moved +\d+ of 9\d\d \(\d+(\.\d)? %\)$/m);
    expect(out).toMatch(/^cost +\$\d+\.\d\d → \$\d+\.\d\d \([+-]\d+(\.\d)? %\)$/m);
    expect(out).toMatch(/^latency p95 +.+ → .+$/m);
    expect(out).toMatch(/^fargate +lambda +\d+ +[+-]\$[\d.]+$/m);
    expect(out.match(/^ins_\d+ /gm)).toHaveLength(20);
  });

  it("writes the server's answer as JSON", async () => {
    const since = new Date(Date.now() - 86_400_000).toISOString();
    const { exitCode, out } = await tool.run([
      "rules",
      "test",
      file,
      "--since",
      since,
      "--task",
      "mail",
      "--json",
    ]);
    expect(exitCode).toBe(0);
    const client = openClient({ url: yard.url, transport: openNodeTransport() });
    const asked = await client.rules.whatIf({
      since,
      task: "mail",
      rules: {
        name: "cheap",
        rules: [
          {
            name: "long",
            when: "execution_time_estimate > 60s",
            type: "traditional",
            priority: "high",
          },
        ],
        policy: { name: "cost-first" },
      },
    });
    client.close();
    const { until: _, ...figures } = asked;
    expect(JSON.parse(out)).toMatchObject({ ...figures, broken: [] });
  });

  it.each([
    [["--max-moved", "100%", "--max-usd-increase", "1000", "--max-timeouts", "1000"], 0, "within"],
    [["--max-moved", "1%"], 6, "instances that move:"],
    [["--max-moved", "10"], 6, "at most 10 are allowed"],
    [["--max-timeouts", "0"], 6, "more timeouts expected:"],
  ])("ends with bounds %j with exit code %i", async (bounds, exitCode, said) => {
    const ended = await tool.run(["rules", "test", file, ...bounds]);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.err).toContain(said);
  });

  it("refuses bounds that are none, and files that are wrong, before it asks anything", async () => {
    const before = yard.requests.length;
    const odd = await tool.run(["rules", "test", file, "--max-moved", "many"]);
    expect(odd.exitCode).toBe(2);
    expect(odd.err).toContain("--max-moved takes a number");
    const share = await tool.run(["rules", "test", file, "--max-timeouts", "5%"]);
    expect(share.exitCode).toBe(2);
    const wrong = await tool.run(["rules", "test", "-"], { input: "rules x\nrule a -> edge\n" });
    expect(wrong.exitCode).toBe(2);
    expect(yard.requests.length).toBe(before);
  });

  it("says when there was nothing to compare", async () => {
    const { exitCode, err } = await tool.run(["rules", "test", file, "--since", "1s"]);
    expect(exitCode).toBe(0);
    expect(err).toContain("nothing could be compared");
  });
});

describe("switchyard rules compare", () => {
  it("shows shadow and experiment, and ends with 6 when stopping is advised", async () => {
    const fine = await tool.run(["rules", "compare"]);
    expect(fine.exitCode).toBe(0);
    expect(fine.out).toContain("version 7 in shadow");
    expect(fine.out).toContain("version 4 tried against 3, running");
    expect(fine.out).toMatch(/^candidate +\d+ +\d+ +\$/m);
    worse = true;
    const stop = await tool.run(["rules", "compare", "--quiet"]);
    worse = false;
    expect(stop).toMatchObject({ exitCode: 6, out: "4 worse\n" });
  });

  it("asks the server to end an experiment that is worse", async () => {
    const { exitCode, out } = await tool.run(["rules", "compare", "--stop-if-worse", "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({ outcome: "none running" });
    const both = await tool.run(["rules", "compare", "--stop-if-worse", "--since", "1d"]);
    expect(both.exitCode).toBe(2);
  });
});
