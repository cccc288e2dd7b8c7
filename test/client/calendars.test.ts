import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { SwitchyardError } from "../../client/sdk/switchyard-error.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, type YardServer } from "./yard-server.ts";

let yard: YardServer;
let tool: Switchyard;
let client: SwitchyardClient;
let folder: string;
beforeAll(async () => {
  yard = await openYardServer();
  tool = await buildSwitchyard(yard.url);
  client = openClient({ url: yard.url });
  folder = await mkdtemp(join(tmpdir(), "switchyard-calendars-"));
});
afterAll(async () => {
  client.close();
  await tool.remove();
  await yard.close();
  await rm(folder, { recursive: true });
});

describe("calendars in the SDK", () => {
  it("are defined, listed, shown, asked for their days and deleted", async () => {
    const made = await client.calendars.define("sdk-office", { weekend: ["SAT", "SUN"] });
    expect(made.spec).toMatchObject({ weekend: ["SAT", "SUN"], closedDays: [] });
    const names: string[] = [];
    for await (const { name } of client.calendars.list()) names.push(name);
    expect(names).toContain("sdk-office");
    expect(await client.calendars.show("sdk-office")).toEqual(made);
    const range = { from: "2027-01-01", to: "2027-01-02" };
    expect((await client.calendars.days("sdk-office", range)).days).toEqual([
      { day: "2027-01-02", weekday: "Saturday", reason: "weekend" },
    ]);
    expect(await client.calendars.delete("sdk-office")).toEqual({ deleted: true });
    await expect(client.calendars.show("sdk-office")).rejects.toBeInstanceOf(SwitchyardError);
  });

  it("preview schedules", async () => {
    const { fires, description } = await client.previewSchedule({
      expression: "cron(30 2 ? * 6L *)",
      timezone: "Europe/Berlin",
      count: 1,
      from: "2027-01-01T00:00:00Z",
    });
    expect(description).toBe("at 02:30 on the last Friday of every month, Europe/Berlin");
    expect(fires.map(({ nominal }) => nominal)).toEqual(["2027-01-29T01:30:00.000Z"]);
  });
});

describe("calendars on the command line", () => {
  it("are set by options or from a file, shown, listed and deleted", async () => {
    const set = ["calendar", "set", "office", "--weekend", "sat,sun", "--holidays", "DE-BE"];
    expect(await tool.run([...set, "--closed", "2026-12-24", "--open", "2026-12-26"])).toEqual({
      exitCode: 0,
      out: "calendar office is defined: SAT, SUN; holidays of DE-BE; 1 day; not 1 open day\n",
      err: "",
    });
    const file = join(folder, "freeze.json");
    const freeze = { from: "2026-12-30T17:00:00Z", to: "2027-01-04T05:00:00Z", reason: "year end" };
    await writeFile(file, JSON.stringify({ freezes: [freeze] }));
    expect((await tool.run(["calendar", "set", "freeze", file])).out).toContain("1 freeze");
    expect((await tool.run(["calendar", "get", "freeze"])).out).toContain(
      "2026-12-30T17:00:00Z to 2027-01-04T05:00:00Z: year end",
    );
    expect((await tool.run(["calendar", "list", "--quiet"])).out).toBe("freeze\noffice\n");
    expect((await tool.run(["calendar", "delete", "freeze"])).out).toBe(
      "calendar freeze is deleted\n",
    );
    const missing = await tool.run(["calendar", "get", "freeze"]);
    expect([missing.exitCode === 0, missing.err.includes('no calendar "freeze"')]).toEqual([
      false,
      true,
    ]);
  });

  it("list their days with the reasons", async () => {
    await client.calendars.define("days", { weekend: ["SUN"], holidays: { country: "DE" } });
    const { out } = await tool.run([
      ...["calendar", "days", "days", "--from", "2027-01-01", "--to", "2027-01-03"],
    ]);
    expect(out.split("\n").map((line) => line.split(/\s{2,}/))).toEqual([
      ["DAY", "WEEKDAY", "WHY"],
      ["2027-01-01", "Friday", "New Year's Day"],
      ["2027-01-03", "Sunday", "weekend"],
      [""],
    ]);
  });

  it("and a file that is none, or is given with options, is complained of", async () => {
    const file = join(folder, "list.json");
    await writeFile(file, "[]");
    const none = await tool.run(["calendar", "set", "x", file]);
    expect([none.exitCode, none.err.includes("holds no calendar")]).toEqual([2, true]);
    const both = await tool.run(["calendar", "set", "x", file, "--weekend", "SUN"]);
    expect([both.exitCode, both.err.includes("say the same thing")]).toEqual([2, true]);
  });
});

describe("previews on the command line", () => {
  const asked = ["schedule", "preview", "30 2 * * *", "--zone", "America/New_York"];
  const range = ["--count", "2", "--from", "2027-03-13T00:00:00Z"];

  it("show fires and skipped slots in the order of the clocks", async () => {
    const { out, exitCode } = await tool.run([...asked, ...range]);
    expect(exitCode).toBe(0);
    const lines = out.split("\n");
    expect(lines[0]).toBe("at 02:30 every day, America/New_York");
    expect(lines.slice(3).map((line) => line.slice(0, 30).trim())).toEqual([
      "2027-03-13 02:30:00  2027-03-1",
      "2027-03-14 02:30:00  -",
      "2027-03-15 02:30:00  2027-03-1",
      "",
    ]);
    expect(lines[4]).toContain("does not exist");
  });

  it("are JSON or bare instants for scripts", async () => {
    const json = await tool.run([...asked, ...range, "--json"]);
    expect(JSON.parse(json.out)).toMatchObject({ fires: { length: 2 }, skipped: { length: 1 } });
    const quiet = await tool.run([...asked, ...range, "--quiet"]);
    expect(quiet.out).toBe("2027-03-13T07:30:00.000Z\n2027-03-15T06:30:00.000Z\n");
  });

  it("say where an expression is wrong", async () => {
    const { exitCode, out, err } = await tool.run(["schedule", "preview", "rate(1 minutes)"]);
    expect([exitCode === 0, out]).toEqual([false, ""]);
    expect(err).toContain("at character 8");
    expect(err).toContain("rate(1 minute)");
  });
});
