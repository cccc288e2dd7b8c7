import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, plainTask, type YardServer } from "./yard-server.ts";

let yard: YardServer;
let tool: Switchyard;
let client: SwitchyardClient;
let folder: string;
beforeAll(async () => {
  yard = await openYardServer({ behaviour: () => ({ output: "done" }) });
  tool = await buildSwitchyard(yard.url);
  client = openClient({ url: yard.url });
  folder = await mkdtemp(join(tmpdir(), "switchyard-schedules-"));
  await client.define("report", plainTask);
});
afterAll(async () => {
  client.close();
  await tool.remove();
  await yard.close();
  await rm(folder, { recursive: true });
});

const run = async (...args: string[]) => {
  const { exitCode, out, err } = await tool.run(["schedule", ...args]);
  expect(exitCode, err).toBe(0);
  return out;
};

describe("schedules on the command line", () => {
  it("are set by options, shown and listed", async () => {
    const set = ["set", "nightly", "--when", "30 2 * * *", "--zone", "Europe/Berlin"];
    const more = ["--task", "report", "--input", '{"day":"{{nominal.date}}"}', "--jitter", "1m"];
    const told = await run(...set, ...more, "--tag", "team=blue", "--overlap", "queue_one");
    expect(told).toMatch(/^schedule nightly fires at 02:30 .*; next at 20\d\d-/);
    const { spec } = await client.schedules.show("nightly");
    expect(spec).toMatchObject({
      expression: "30 2 * * *",
      timezone: "Europe/Berlin",
      input: { day: "{{nominal.date}}" },
      jitterSeconds: 60,
      overlap: "queue_one",
      tags: { team: "blue" },
    });
    expect(await run("get", "nightly")).toMatch(/overlap +queue_one/);
    expect(await run("list")).toMatch(/nightly +active +report/);
    expect(JSON.parse(await run("list", "--json")).name).toBe("nightly");
  });

  it("are set from a file, paused, resumed, run and deleted", async () => {
    const file = join(folder, "hourly.json");
    await writeFile(file, JSON.stringify({ expression: "rate(1 hour)", task: "report" }));
    await run("set", "hourly", file);
    expect(await run("pause", "hourly", "--reason", "a move")).toBe("schedule hourly is paused\n");
    expect(await run("get", "hourly")).toContain("by tester a move");
    expect(await run("resume", "hourly")).toBe("schedule hourly is active\n");
    const id = (await run("run", "hourly", "-q")).trim();
    expect((await client.wait(id)).state).toBe("succeeded");
    expect(await run("delete", "hourly")).toBe("schedule hourly is deleted\n");
  });

  it("say what became of their slots, and run past ones", async () => {
    await run("set", "daily", "--when", "0 0 * * *", "--task", "report");
    expect((await tool.run(["schedule", "slots", "daily"])).err).toContain("no slot");
    const range = ["daily", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-03T00:00:00Z"];
    expect(await run("backfill", ...range, "--dry-run", "-q")).toBe(
      "2026-01-01T00:00:00.000Z\n2026-01-02T00:00:00.000Z\n",
    );
    const id = (await run("backfill", ...range, "-q")).trim();
    expect(await run("backfills", "daily")).toMatch(/running +0 of 2/);
    await run("backfills", "daily", id, "--cancel");
    expect(await run("backfills", "daily", id)).toContain("cancelled");
  });

  it("are refused with what is wrong and where", async () => {
    const wrong = ["schedule", "set", "x", "--when", "cron(0 0 31 2 ? *)", "--task", "report"];
    const refused = await tool.run(wrong);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.err).toContain("at character 10 of the expression");
    const incomplete = await tool.run(["schedule", "set", "x", "--task", "report"]);
    expect(incomplete.err).toContain("--when");
  });
});
