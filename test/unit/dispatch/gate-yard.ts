import { expect } from "vitest";
import { lookAtInstances } from "../../../functions/dispatch/look-at-instance.ts";
import { lookAtGate } from "../../../functions/gates/look-at-gate.ts";
import { recordReports } from "../../../functions/reports/record-reports.ts";
import { keepTime } from "../../../functions/timekeeper/keep-time.ts";
import { type Instance, liveAttempt } from "../../../shared/instance/instance.ts";
import type { SlotShard } from "../../../shared/limit/slots.ts";
import type { RecordHint } from "../../../shared/ports/record-hints.ts";
import type { Yard } from "../../api/yard.ts";

export function instancesOf(yard: Yard): readonly Instance[] {
  return [...yard.store.all()].flatMap(({ type, body }) =>
    type === "instance" ? [body as unknown as Instance] : [],
  );
}

export function shardsOf(yard: Yard): readonly SlotShard[] {
  return [...yard.store.all()].flatMap(({ type, body }) =>
    type === "slots" ? [body as unknown as SlotShard] : [],
  );
}

export function holdersOf(yard: Yard, gate: string): readonly string[] {
  return shardsOf(yard)
    .filter((shard) => shard.gate === gate)
    .flatMap(({ holders }) => holders.map(({ attemptId }) => attemptId));
}

/** Live attempts and the records of slots say the same: nothing leaks and nothing is given back twice. */
export function expectSlotsInStep(yard: Yard): void {
  const live = instancesOf(yard).flatMap((instance) => {
    const attempt = liveAttempt(instance);
    return (attempt?.held?.slots ?? []).map(({ gate }) => `${gate} ${attempt?.id}`);
  });
  const held = shardsOf(yard).flatMap(({ gate, holders }) =>
    holders.map(({ attemptId }) => `${gate} ${attemptId}`),
  );
  expect([...held].sort()).toEqual([...live].sort());
}

export function stateOf(yard: Yard, id: string): string {
  const instance = instancesOf(yard).find((each) => each.id === id);
  if (instance === undefined) throw new Error(`no instance ${id}`);
  return instance.state === "pending"
    ? [instance.state, instance.waiting, instance.waitingFor].filter(Boolean).join(" ")
    : instance.state;
}

/** Has the newest attempt of each of these succeed. */
export async function finish(yard: Yard, ids: readonly string[]): Promise<void> {
  const reports = instancesOf(yard).flatMap((instance) => {
    const attempt = liveAttempt(instance);
    if (attempt === undefined || !ids.includes(instance.id)) return [];
    const { tenant, id: instanceId } = instance;
    const from = { tenant, instanceId, attemptId: attempt.id, token: attempt.token };
    return [{ ...from, kind: "succeeded" as const }];
  });
  const recorded = await recordReports(yard.engine, reports);
  expect(recorded.map(({ result }) => result.outcome)).toEqual(reports.map(() => "changed"));
}

/** Follows all hints that are due, until none is left. */
export async function settle(yard: Yard): Promise<void> {
  for (let round = 0; round < 1_000; round++) {
    const due = yard.hints.filter(({ notBeforeMs = 0 }) => notBeforeMs <= yard.now);
    if (due.length === 0) return;
    const later = yard.hints.filter((hint) => !due.includes(hint));
    yard.hints.splice(0, yard.hints.length, ...later);
    expect(await lookAtInstances(yard.engine, due)).toEqual([]);
  }
  throw new Error("hints never end");
}

/** Lets time pass as the minute tick and its delayed hints do, every step of it on time. */
export async function pass(yard: Yard, untilMs: number, stepMs: number): Promise<void> {
  let records: RecordHint[] = [];
  const recordHints = {
    send: async (hints: readonly RecordHint[]): Promise<void> => {
      records.push(...hints);
    },
  };
  const engine = { ...yard.engine, recordHints };
  for (let tickAtMs = yard.now; yard.now < untilMs; yard.now += stepMs) {
    if (yard.now >= tickAtMs) {
      await keepTime(engine);
      tickAtMs = yard.now + 60_000;
    }
    const due = records.filter(({ notBeforeMs = 0 }) => notBeforeMs <= yard.now);
    records = records.filter((hint) => !due.includes(hint));
    for (const hint of due) {
      if (hint.kind === "gate") await lookAtGate(engine, hint.tenant, hint.name, hint.id);
    }
    await settle(yard);
  }
}
