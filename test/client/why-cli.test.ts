import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, plainTask, type YardServer } from "./yard-server.ts";

let yard: YardServer;
let tool: Switchyard;
beforeAll(async () => {
  yard = await openYardServer({ behaviour: () => undefined });
  tool = await buildSwitchyard(yard.url);
});
afterAll(async () => {
  await tool.remove();
  await yard.close();
});

async function define(name: string, more: object): Promise<void> {
  const input = JSON.stringify({ ...plainTask, ...more });
  const { exitCode, err } = await tool.run(["define", name, "-"], { input });
  expect(exitCode, err).toBe(0);
}

async function submitted(...args: readonly string[]): Promise<string> {
  const { exitCode, out, err } = await tool.run(["submit", ...args, "-q"]);
  expect(exitCode, err).toBe(0);
  return out.trim();
}

describe("switchyard why", () => {
  it("shows the gates in order, the holder, the place, and who can let it go", async () => {
    await define("narrow", { concurrency: { max: 1 }, needs: { executionSecondsEstimate: 60 } });
    const first = await submitted("narrow");
    await yard.started(first);
    const second = await submitted("narrow");
    const { out, err } = await tool.run(["why", second]);
    expect(out).toContain(
      "It waits for a slot: 1 of 1 slots of task/narrow are taken; it is the first in line.",
    );
    expect(out).toContain(`${first} holds a slot since`);
    expect(out).toMatch(/^GATE +STATE +PLACE +LIKELY +WHY$/m);
    expect(out).toMatch(/^slots task\/narrow +waiting +1 +in /m);
    expect(out).toMatch(/^backend local +open/m);
    expect(err).toContain("one takes 60 s by the task's own estimate");
    expect(err).toContain("admin: raise the bound of the task narrow (PUT /v1/tasks/narrow)");
    const json = JSON.parse((await tool.run(["why", second, "--json"])).out);
    expect(json.gates.map(({ kind }: { kind: string }) => kind)).toEqual([
      "start_time",
      "pause",
      "backend",
      "slots",
    ]);
  });

  it("says of an instance that gathers how many it stands for, and so does its status", async () => {
    await define("index", { gather: { mode: "batch", seconds: 600, max: 50 } });
    const id = await submitted("index", "n=1");
    expect(await submitted("index", "n=2")).toBe(id);
    expect((await tool.run(["why", id])).out).toContain("it stands for 2 submissions");
    expect((await tool.run(["status", id])).out).toMatch(/^gathered +2 submissions as a batch$/m);
  });
});
