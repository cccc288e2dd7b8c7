import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chartLines } from "../../client/cli/render/portrait-chart.ts";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, plainTask, type YardServer } from "./yard-server.ts";

let yard: YardServer;
let tool: Switchyard;
let client: SwitchyardClient;
beforeAll(async () => {
  yard = await openYardServer({ behaviour: () => ({ output: "done" }) });
  tool = await buildSwitchyard(yard.url);
  client = openClient({ url: yard.url });
  await client.define("report", { ...plainTask, concurrency: { max: 2 } });
  // Far enough from now that none of them fires while the test runs.
  const at = new Date(Date.now() + 12 * 3_600_000);
  const expression = `cron(${at.getUTCMinutes()} ${at.getUTCHours()} * * ? *)`;
  for (let place = 0; place < 6; place++) {
    await client.schedules.define(`night-${place}`, { expression, task: "report" });
  }
});
afterAll(async () => {
  client.close();
  await tool.remove();
  await yard.close();
});

const run = async (...args: string[]) => {
  const { exitCode, out, err } = await tool.run(["portrait", ...args]);
  expect(exitCode, err).toBe(0);
  return out;
};

describe("the portrait on the command line", () => {
  it("shows a chart, what takes from what, and collisions with what removes them", async () => {
    const out = await run();
    expect(out).toMatch(/schedules +6; run times by history 0, estimate 0, guess 6/);
    expect(out).toMatch(/^6 │ +[█░]/m);
    expect(out).toMatch(/task\/report +2 slots +6 +6/);
    expect(out).toMatch(/^6 schedules need 6 of 2 slots of task\/report from /m);
    expect(out).toMatch(/switchyard portrait spread col_[0-9a-f]{24}$/m);
    for (const line of out.split("\n").filter((each) => /[│└]/.test(each))) {
      expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it("is a document for scripts, and the ids of collisions for others", async () => {
    const view = JSON.parse(await run("--json", "--hours", "168"));
    expect([view.hours, view.collisions.length]).toEqual([168, 1]);
    expect(await run("--quiet", "--hours", "168")).toBe(`${view.collisions[0].id}\n`);
  });

  it("spreads a collision, first only in words", async () => {
    const id = (await run("--quiet")).trim();
    expect(await run("spread", id, "--dry-run")).toMatch(/night-0 +0 → \d+ s +would change/);
    expect((await client.schedules.show("night-0")).spec.jitterSeconds).toBe(0);
    expect(await run("spread", id)).toMatch(/night-5 +0 → \d+ s +changed/);
    expect((await client.schedules.show("night-0")).spec.jitterSeconds).toBeGreaterThan(0);
    const again = await tool.run(["portrait", "spread", id]);
    expect([again.exitCode, again.err]).toEqual([4, expect.stringContaining("read the portrait")]);
  });

  it("names the command that finds the same collision again", async () => {
    for (let place = 0; place < 6; place++) {
      const { spec } = await client.schedules.show(`night-${place}`);
      await client.schedules.define(`night-${place}`, { ...spec, jitterSeconds: 0, group: "red" });
    }
    const out = await run("--hours", "168", "--group", "red");
    const [, command = ""] = /switchyard portrait (spread col_.*)$/m.exec(out) ?? [];
    expect(command).toMatch(/ --hours 168 --group red$/);
    expect(await run(...command.split(" "))).toMatch(/night-5 +0 → \d+ s +changed/);
  });

  it("says what hours there are", async () => {
    const { exitCode, err } = await tool.run(["portrait", "--hours", "12"]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining("24 or 168")]);
  });
});

describe("the chart of a portrait", () => {
  const facts = { from: "2026-11-20T09:00:00.000Z", to: "2026-11-21T09:00:00.000Z" };

  it("shows medians full, long runs shaded, and the highest of what a column stands for", () => {
    const runsP90 = Array.from({ length: 1_440 }, (_, minute) => (minute === 720 ? 8 : 2));
    const runsP50 = runsP90.map((runs) => runs / 2);
    const lines = chartLines({ ...facts, runsP50, runsP90 }, 63);
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe(`8 │${" ".repeat(30)}░`);
    expect(lines[4]).toBe(`  │${" ".repeat(30)}█`);
    expect(lines[6]).toBe(`  │${"░".repeat(30)}█${"░".repeat(29)}`);
    expect(lines[7]).toBe(`  │${"█".repeat(60)}`);
    expect(lines[9]).toBe(
      `   11-20T09:00Z${" ".repeat(12)}11-20T21:00Z${" ".repeat(12)}11-21T09:00Z`,
    );
  });

  it("is empty where nothing runs, and narrow where there is little room", () => {
    const lines = chartLines({ ...facts, runsP50: [0, 0], runsP90: [0, 0] }, 10);
    expect(lines[0]).toBe("1 │");
    expect(lines.at(-1)).toBe("   11-20T09:00Z … 11-21T09:00Z");
  });
});
