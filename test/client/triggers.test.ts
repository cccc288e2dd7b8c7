import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { SwitchyardError } from "../../client/sdk/switchyard-error.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, type YardServer } from "./yard-server.ts";

let yard: YardServer;
let tool: Switchyard;
let client: SwitchyardClient;
beforeAll(async () => {
  yard = await openYardServer();
  tool = await buildSwitchyard(yard.url);
  client = openClient({ url: yard.url });
  await client.define("check", { run: { function: { module: "hello.mjs" } } });
});
afterAll(async () => {
  client.close();
  await tool.remove();
  await yard.close();
});

describe("triggers and events in the SDK", () => {
  it("are defined, tested, paused, put and deleted", async () => {
    const pattern = { source: ["sdk"] };
    const made = await client.triggers.define("sdk", { pattern, task: "check" });
    expect(made).toMatchObject({ state: "active", spec: { pattern, bus: "switchyard" } });
    expect(await client.triggers.test(pattern, { source: "x" })).toMatchObject({
      matches: false,
      path: "source",
    });
    expect((await client.triggers.pause("sdk", { reason: "r" })).paused?.reason).toBe("r");
    expect((await client.triggers.resume("sdk")).state).toBe("active");
    const event = { id: "e-1", source: "sdk", detailType: "T", detail: {} };
    const [first, again] = (await client.events.put([event, event])).items;
    const repeats = [first, again].map(
      (item) => item !== undefined && "taken" in item && item.taken[0]?.repeated,
    );
    expect(repeats.sort()).toEqual([false, true]);
    const cloud = { specversion: "1.0", id: "c", source: "sdk", type: "T", data: {} };
    expect((await client.events.putAs(cloud)).items).toMatchObject([{ status: 200 }]);
    const names: string[] = [];
    for await (const { name } of client.triggers.list()) names.push(name);
    expect(names).toContain("sdk");
    expect(await client.triggers.delete("sdk")).toEqual({ deleted: true });
    await expect(client.triggers.show("sdk")).rejects.toBeInstanceOf(SwitchyardError);
  });
});

describe("switchyard trigger and event", () => {
  it("set, show, list, pause and resume a trigger", async () => {
    const pattern = '{"source":["shop"]}';
    const set = await tool.run([
      "trigger",
      "set",
      "sales",
      "--task",
      "check",
      "--pattern",
      pattern,
    ]);
    expect(set.out).toContain("trigger sales is defined; active");
    expect((await tool.run(["trigger", "get", "sales"])).out).toContain(pattern);
    expect((await tool.run(["trigger", "list"])).out).toMatch(/sales +active +check/);
    const paused = await tool.run(["trigger", "pause", "sales", "--reason", "x"]);
    expect(paused.out).toBe("trigger sales: paused\n");
    const resumed = await tool.run(["trigger", "resume", "sales", "--json"]);
    expect(JSON.parse(resumed.out)).toMatchObject({ name: "sales", state: "active" });
  });

  it("say which field stands against a match, and exit accordingly", async () => {
    const args = ["trigger", "test", "--trigger", "sales", "--event"];
    const fits = await tool.run([...args, '{"source":"shop"}']);
    expect([fits.exitCode, fits.out]).toEqual([0, "matches\n"]);
    const other = await tool.run([...args, "@-"], { input: '{"source":"else"}' });
    expect(other.exitCode).toBe(1);
    expect(other.out).toContain('source is "else", not "shop"');
    const wrong = await tool.run(["trigger", "test", "--pattern", "{}", "--event", "{}"]);
    expect([wrong.exitCode, wrong.err.includes("empty pattern")]).toEqual([4, true]);
  });

  it("put an event, and name what it made", async () => {
    const args = ["event", "put", "--source", "shop", "--type", "Sold", "--id", "o-1"];
    const first = await tool.run(args);
    expect(first.out).toMatch(/event o-1\n {2}sales: ins_/);
    expect((await tool.run(args)).out).toContain("made before");
    const none = await tool.run(["event", "put", "--source", "nobody", "--type", "Sold"]);
    expect([none.exitCode, none.out.includes("no trigger matches it")]).toEqual([0, true]);
    const forged = await tool.run(["event", "put", "--source", "aws.s3", "--type", "Sold"]);
    expect([forged.exitCode, forged.out.includes("only AWS")]).toEqual([1, true]);
    expect((await tool.run(["trigger", "delete", "sales"])).out).toBe("trigger sales is deleted\n");
  });

  it("say what is missing", async () => {
    const set = await tool.run(["trigger", "set", "t", "--task", "check"]);
    expect([set.exitCode, set.err.includes("--pattern")]).toEqual([2, true]);
    const put = await tool.run(["event", "put", "--source", "shop"]);
    expect([put.exitCode, put.err.includes("--type")]).toEqual([2, true]);
  });
});
