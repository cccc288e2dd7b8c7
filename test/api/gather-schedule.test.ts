import { describe, expect, it } from "vitest";
import { lookAtSchedule } from "../../functions/intake/look-at-schedule.ts";
import { define, openYard, simpleTask, submit, type Yard } from "./yard.ts";

async function scheduledYard(spec: object): Promise<Yard> {
  const yard = openYard();
  await define(yard, "index", { ...simpleTask, ...spec });
  const body = { task: "index", expression: "rate(1 minute)", input: "slot", overlap: "allow" };
  const reply = await yard.call("PUT", "/v1/schedules/often", { body });
  expect(reply.status, reply.text).toBeLessThan(300);
  return yard;
}

/** Lets a minute pass and the schedule be looked at; answers the instance of its newest slot. */
async function nextSlot(yard: Yard): Promise<unknown> {
  yard.now += 60_000;
  await lookAtSchedule(yard.engine, "acme", "often");
  const { body } = await yard.call("GET", "/v1/schedules/often/slots");
  return body.items[0]?.instanceId;
}

describe("slots of a schedule whose task", () => {
  it("gathers become part of the instance that gathers, and say which", async () => {
    const yard = await scheduledYard({ gather: { mode: "batch", seconds: 600 } });
    const open = await nextSlot(yard);
    expect((await yard.instance(String(open))).input).toEqual({ items: ["slot"] });
    expect(await nextSlot(yard)).toBe(open);
    expect((await yard.instance(String(open))).input).toEqual({ items: ["slot", "slot"] });
  });

  it("is a singleton name the instance that was open already", async () => {
    const yard = await scheduledYard({ singleton: {} });
    const open = await submit(yard, { task: "index", input: "mine" });
    expect(await nextSlot(yard)).toBe(open);
  });
});
