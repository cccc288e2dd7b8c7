import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, type YardServer } from "./yard-server.ts";

let yard: YardServer;
let tool: Switchyard;
beforeAll(async () => {
  yard = await openYardServer();
  tool = await buildSwitchyard(yard.url);
});
afterAll(async () => {
  await tool.remove();
  await yard.close();
});

describe("switchyard group", () => {
  it("sets, shows, lists and deletes a group", async () => {
    const options = ["--running", "2", "--budget", "2.50", "--exhausted", "downgrade"];
    const set = await tool.run(["group", "set", "nightly", ...options]);
    expect(set.out).toBe("group nightly is defined: 2 at a time; $2.50 a day, then downgrade\n");
    expect((await tool.run(["group", "list"])).out).toMatch(/nightly +runs +2 at a time/);
    const shown = await tool.run(["group", "get", "nightly"]);
    expect(shown.out).toMatch(/money +\$0 spent, \$0 set aside, \$2.50 left/);
    expect(shown.out).toMatch(/idle +24 of 24 hours/);
    const json = JSON.parse((await tool.run(["group", "get", "nightly", "--json"])).out);
    expect(json).toMatchObject({ name: "nightly", use: { running: 0, complete: true } });
    expect((await tool.run(["budget", "list"])).out).toMatch(/group\/nightly +\$2.50 +\$0 +\$0/);
    expect((await tool.run(["budget", "get", "group/nightly"])).out).toMatch(/waiting +0/);
    expect((await tool.run(["group", "delete", "nightly"])).out).toBe("group nightly is deleted\n");
  });

  it.each([
    [["group", "set", "x", "--budget", "much"], "is no amount of dollars"],
    [["group", "set", "x", "--exhausted", "ask"], "speak of a budget"],
    [["group", "set", "x", "--running", "0"], "--running takes a whole number"],
  ])("%j is refused before anything is sent", async (args, complaint) => {
    const refused = await tool.run(args);
    expect([refused.exitCode, refused.out]).toEqual([2, ""]);
    expect(refused.err).toContain(complaint);
  });
});

describe("switchyard tenant and approve", () => {
  it("set and show what bounds everything", async () => {
    const set = await tool.run(["tenant", "set", "--submissions", "100"]);
    expect(set.out).toMatch(/submitted +0 of 100 in this minute/);
    expect((await tool.run(["tenant", "set"])).out).toMatch(/bounds +no bounds/);
    expect((await tool.run(["tenant", "get"])).out).toMatch(/state +runs/);
  });

  it("say why there is nothing to approve", async () => {
    const refused = await tool.run(["approve", "ins_01kaq3v5cs7h2m4d9x8w6t0r1b"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.err).toContain("there is no instance");
  });
});
