import { expect } from "vitest";
import { lookAtBackfill } from "../../functions/intake/look-at-backfill.ts";
import { lookAtSchedule } from "../../functions/intake/look-at-schedule.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { RecordHint } from "../../shared/ports/record-hints.ts";
import { admin, define, openYard, type Reply, type Yard, type YardOptions } from "./yard.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

/** Every hour, on the hour; the yard's clock stands at 09:00. */
export const hourly = { expression: "cron(0 * * * ? *)", task: "hello" } as const;

export interface ScheduleYard extends Yard {
  readonly recordHints: RecordHint[];
}

/** A yard with the task "hello", where hints about records are kept to be looked at by hand. */
export async function openScheduleYard(options: YardOptions = {}): Promise<ScheduleYard> {
  const yard = openYard(options);
  await define(yard, "hello");
  const recordHints: RecordHint[] = [];
  Object.assign(yard.engine, {
    recordHints: {
      send: async (hints: readonly RecordHint[]) => {
        recordHints.push(...hints);
      },
    },
  });
  return Object.assign(yard, { recordHints });
}

export async function schedule(yard: Yard, name: string, spec: object = hourly): Promise<Reply> {
  const reply = await yard.call("PUT", `/v1/schedules/${name}`, { body: spec });
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply;
}

/** Looks at the schedule as the intake does when its time has come. */
export function look(yard: Yard, name: string): Promise<void> {
  return lookAtSchedule(yard.engine, admin.tenant, name);
}

export function lookBack(yard: Yard, name: string, id: string): Promise<void> {
  return lookAtBackfill(yard.engine, admin.tenant, name, id);
}

/** What became of the slots, oldest first, in few words. */
export async function slotsOf(yard: Yard, name: string): Promise<readonly string[]> {
  const { body } = await yard.call("GET", `/v1/schedules/${name}/slots`);
  const lines = body.items.map(
    ({ nominalAt, count, outcome }: { nominalAt: string; count?: number; outcome: string }) =>
      `${nominalAt.slice(8, 16)} ${outcome}${count === undefined ? "" : ` ×${count}`}`,
  );
  return lines.reverse();
}

/** All instances of the yard's tenant that a schedule submitted, oldest slot first. */
export function instancesOf(yard: Yard, name: string): readonly Instance[] {
  const instances = [...yard.store.all()]
    .filter(({ type }) => type === "instance")
    .map(({ body }) => body as unknown as Instance)
    .filter(({ origin }) => origin?.kind === "schedule" && origin.schedule === name);
  return instances.sort((left, right) => nominalOf(left) - nominalOf(right));
}

export function nominalOf({ origin }: Instance): number {
  return origin?.kind === "schedule" ? origin.nominalAtMs : Number.NaN;
}
