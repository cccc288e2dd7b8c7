import { expect } from "vitest";
import { takeEvent } from "../../functions/triggers/take-event.ts";
import { stateChangeEvent } from "../../shared/event/own-events.ts";
import type { BusEvent } from "../../shared/event/trigger.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { stateChangesOf } from "../../shared/instance/state-changes.ts";
import { admin, define, openYard, type Reply, type Yard, type YardOptions } from "./yard.ts";

/** A yard with the tasks hello and other. */
export async function eventYard(options: YardOptions = {}): Promise<Yard> {
  const yard = openYard(options);
  await define(yard, "hello");
  await define(yard, "other");
  return yard;
}

export const sold = { source: "shop", detailType: "Sold", detail: { n: 7, who: "ada" } };
export const onSold = { pattern: { source: ["shop"], "detail-type": ["Sold"] }, task: "hello" };

/** Defines a trigger and answers its view. */
export async function trigger(yard: Yard, name: string, body: object = onSold): Promise<Reply> {
  const reply = await yard.call("PUT", `/v1/triggers/${name}`, { body });
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply;
}

/** Puts one event and answers what became of it. */
export async function put(yard: Yard, entry: object = sold) {
  const reply = await yard.call("POST", "/v1/events", { body: { entries: [entry] } });
  expect(reply.status, reply.text).toBe(200);
  expect(reply.body.items).toHaveLength(1);
  return reply.body.items[0];
}

export function instancesOf(yard: Yard, tenant = admin.tenant): Instance[] {
  return [...yard.store.all()]
    .filter(({ type }) => type === "instance")
    .map(({ body }) => body as unknown as Instance)
    .filter((instance) => instance.tenant === tenant);
}

/** As EventBridge delivers it. */
export function busEvent(more: Partial<BusEvent> = {}): BusEvent {
  return {
    version: "0",
    id: "e-1",
    "detail-type": "Sold",
    source: "shop",
    account: "111122223333",
    time: "2026-11-20T09:00:00Z",
    region: "eu-central-1",
    resources: [],
    detail: { n: 7 },
    ...more,
  };
}

/** The event of an instance that ended, and what its triggers make of it. */
export async function endAndTell(yard: Yard, id: string) {
  await yard.dispatch();
  await yard.report(id, { kind: "succeeded", output: "done" });
  const [change] = stateChangesOf(await yard.instance(id));
  if (change === undefined) throw new Error(`${id} has not changed its state`);
  return takeEvent(yard.engine, admin.tenant, stateChangeEvent(change));
}
