import { describe, expect, it } from "vitest";
import { orderFor } from "../../functions/runtime/attempt-order.ts";
import { definitionOf } from "../../functions/runtime/instances.ts";
import { invocationEnvelope } from "../../shared/contract/envelope.ts";
import { define, expectProblem, openYard, simpleTask, submit, type Yard } from "./yard.ts";

async function yardWithTasks(): Promise<Yard> {
  const yard = openYard();
  await define(yard, "hello");
  await define(yard, "grouped", { ...simpleTask, group: "own" });
  return yard;
}

/** The baggage that the code of an instance's newest attempt finds in its envelope. */
async function baggageOf(yard: Yard, id: string): Promise<string> {
  const instance = await yard.instance(id);
  const attempt = instance.attempts.at(-1);
  if (attempt === undefined) throw new Error(`${id} has no attempt`);
  const definition = await definitionOf(yard.engine, instance);
  const order = orderFor(instance, attempt, definition, { reportsStart: false }, yard.now);
  return invocationEnvelope(order).trace?.baggage ?? "";
}

/** Submits as the code of another instance does. */
async function submitFrom(yard: Yard, parent: string, submission: object): Promise<string> {
  const headers = { baggage: await baggageOf(yard, parent) };
  const reply = await yard.call("POST", "/v1/instances", { body: submission, headers });
  expect(reply.status, reply.text).toBe(202);
  return reply.body.id;
}

describe("the colour of an instance", () => {
  it("is that of the instance from which all began, over any number of hops", async () => {
    const yard = await yardWithTasks();
    const root = await submit(yard, { task: "hello", group: "night" });
    const child = await submitFrom(yard, root, { task: "hello" });
    const grandchild = await submitFrom(yard, child, { task: "hello" });
    expect((await yard.instance(root)).colour).toBeUndefined();
    for (const id of [child, grandchild]) {
      const { body } = await yard.call("GET", `/v1/instances/${id}`);
      expect([body.colour, body.group]).toEqual([root, "night"]);
    }
  });

  it("comes with the group, unless the submission names another", async () => {
    const yard = await yardWithTasks();
    const root = await submit(yard, { task: "hello", group: "night" });
    const plain = await submitFrom(yard, root, { task: "grouped" });
    const named = await submitFrom(yard, root, { task: "grouped", group: "day" });
    const groups = await Promise.all([plain, named].map((id) => yard.instance(id)));
    expect(groups.map(({ group }) => group)).toEqual(["night", "day"]);
  });

  it("reaches every item of a batch", async () => {
    const yard = await yardWithTasks();
    const root = await submit(yard, { task: "hello", group: "night" });
    const { body } = await yard.call("POST", "/v1/instances/batch", {
      body: { items: [{ task: "hello" }, { task: "hello", group: "day" }] },
      headers: { baggage: await baggageOf(yard, root) },
    });
    expect(
      body.items.map(({ instance: { colour, group } }: { instance: Record<string, string> }) => [
        colour,
        group,
      ]),
    ).toEqual([
      [root, "night"],
      [root, "day"],
    ]);
  });

  it("finds the instance and all that began from it in a list", async () => {
    const yard = await yardWithTasks();
    const root = await submit(yard, { task: "hello" });
    const child = await submitFrom(yard, root, { task: "hello" });
    await submit(yard, { task: "hello" });
    const { body } = await yard.call("GET", `/v1/instances?colour=${root}`);
    expect(body.items.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      [root, child].toSorted(),
    );
    expectProblem(await yard.call("GET", "/v1/instances?colour=red"), 400, "invalid_field");
  });

  it("is nothing that baggage of another form can set, which is left out", async () => {
    const yard = await yardWithTasks();
    const headers = { baggage: "switchyard.group=../x,switchyard.colour=<b>" };
    const reply = await yard.call("POST", "/v1/instances", { body: { task: "hello" }, headers });
    expect(reply.status).toBe(202);
    expect([reply.body.group, reply.body.colour]).toEqual([undefined, undefined]);
  });

  it("bounds what an inherited group bounds", async () => {
    const yard = await yardWithTasks();
    await yard.call("PUT", "/v1/groups/night", { body: { submissionsPerMinute: 1 } });
    const root = await submit(yard, { task: "hello", group: "night" });
    const headers = { baggage: await baggageOf(yard, root) };
    const reply = await yard.call("POST", "/v1/instances", { body: { task: "hello" }, headers });
    expectProblem(reply, 429, "too_many_requests");
  });
});
