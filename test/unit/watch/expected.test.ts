import { describe, expect, it } from "vitest";
import type { Instance } from "../../../shared/instance/instance.ts";
import { brokenExpectations, type ScheduleEvidence } from "../../../shared/schedule/expected.ts";
import { type Schedule, ScheduleSpec, type Slot } from "../../../shared/schedule/schedule.ts";

const minute = 60_000;
const hour = 60 * minute;
const nine = Date.parse("2026-11-20T09:00:00Z");

function scheduleOf(spec: object = {}, more: Partial<Schedule> = {}): Schedule {
  return {
    tenant: "acme",
    name: "hourly",
    spec: ScheduleSpec.parse({ expression: "0 * * * *", task: "hello", ...spec }),
    generation: 1,
    revision: 1,
    state: "active",
    anchorMs: 0,
    sinceMs: 0,
    handledMs: nine,
    recent: [],
    createdAtMs: 0,
    updatedAtMs: 0,
    updatedBy: "ada",
    ...more,
  };
}

function fired(nominalMs: number, instanceId = `ins_${nominalMs}`): Slot {
  return { generation: 1, nominalMs, outcome: "fired", instanceId, atMs: nominalMs };
}

type Run = { readonly startedAtMs?: number; readonly state?: string; readonly endedAtMs?: number };

function instanceOf(slot: Slot, { startedAtMs, state = "pending", endedAtMs }: Run): Instance {
  const attempt = {
    claimedAtMs: slot.nominalMs,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
  };
  const attempts = startedAtMs === undefined && state === "pending" ? [] : [attempt];
  const finishedAtMs = endedAtMs === undefined ? {} : { finishedAtMs: endedAtMs };
  return { id: slot.instanceId, state, attempts, ...finishedAtMs } as unknown as Instance;
}

function evidenceOf(
  nowMs: number,
  runs: readonly (readonly [Slot, Run | "deleted"])[],
  more: Partial<ScheduleEvidence> = {},
): ScheduleEvidence {
  const instances = runs.flatMap(([slot, run]) =>
    run === "deleted" ? [] : [[slot.instanceId ?? "", instanceOf(slot, run)] as const],
  );
  return {
    schedule: scheduleOf({ startWithinSeconds: 600, succeedWithinSeconds: 1_800 }),
    slots: runs.map(([slot]) => slot),
    instances: new Map(instances),
    next: undefined,
    dueMsOf: (nominalMs) => nominalMs,
    nowMs,
    ...more,
  };
}

function kindsOf(evidence: ScheduleEvidence): readonly string[] {
  return brokenExpectations(evidence).map(({ kind, mendedAtMs }) =>
    mendedAtMs === undefined ? kind : `${kind}, mended`,
  );
}

describe("a slot is missed", () => {
  const ten = nine + hour;
  const next = { nominalMs: ten, dueMs: ten, effectiveMs: ten };
  const at = (nowMs: number, more: Partial<ScheduleEvidence> = {}) =>
    kindsOf(evidenceOf(nowMs, [], { schedule: scheduleOf(), next, ...more }));

  it("when nothing has become of it five minutes after its time, and not before", () => {
    expect(at(ten + 5 * minute - 1)).toEqual([]);
    expect(at(ten + 5 * minute)).toEqual(["slot_missed"]);
  });

  it("only after its own place within the jitter, and the day to which calendars move it", () => {
    const late = { ...next, dueMs: ten + 24 * hour, effectiveMs: ten + 24 * hour + 90_000 };
    expect(at(ten + 24 * hour + 5 * minute, { next: late })).toEqual([]);
    expect(at(ten + 24 * hour + 7 * minute, { next: late })).toEqual(["slot_missed"]);
  });

  it.each(["paused", "completed"] as const)("never of a schedule that is %s", (state) => {
    expect(at(ten + hour, { schedule: scheduleOf({}, { state }) })).toEqual([]);
  });

  it("when it was passed over because of its lateness, until a later one is fired", () => {
    const missed: Slot = {
      generation: 1,
      nominalMs: nine,
      untilMs: ten,
      count: 2,
      outcome: "missed",
      atMs: ten + hour,
      reason: "the misfire policy skips it",
    };
    const found = brokenExpectations(
      evidenceOf(ten + hour, [], { schedule: scheduleOf(), slots: [missed, fired(nine - hour)] }),
    );
    expect(found).toMatchObject([{ kind: "slot_missed", nominalMs: ten }]);
    expect(found[0]?.message).toBe("2 slots: the misfire policy skips it");
    const after = evidenceOf(ten + hour, [], {
      schedule: scheduleOf(),
      slots: [missed, fired(ten + hour)],
    });
    expect(kindsOf(after)).toEqual([]);
  });

  it("not when its policy skipped it, nor by what a backfill ran again", () => {
    const skipped: Slot = { ...fired(nine), outcome: "skipped", reason: "the last one still runs" };
    const again: Slot = { ...fired(ten), outcome: "missed", backfill: "b1" };
    expect(at(nine + hour, { next: undefined, slots: [skipped, again] })).toEqual([]);
  });
});

describe("an instance of a slot", () => {
  const slot = fired(nine);

  it.each<[string, number, Run, readonly string[]]>([
    ["waits, and still may", nine + 9 * minute, {}, []],
    ["waits, although it should have begun", nine + 10 * minute, {}, ["start_late"]],
    [
      "waits, although it should have finished",
      nine + 30 * minute,
      {},
      ["start_late", "success_late"],
    ],
    [
      "began in time and runs",
      nine + 20 * minute,
      { state: "running", startedAtMs: nine + 60_000 },
      [],
    ],
    [
      "began in time and runs for too long",
      nine + 31 * minute,
      { state: "running", startedAtMs: nine + 60_000 },
      ["success_late"],
    ],
    [
      "began too late, and that is over",
      nine + 20 * minute,
      { state: "running", startedAtMs: nine + 11 * minute },
      ["start_late, mended"],
    ],
    [
      "succeeded in time",
      nine + hour,
      { state: "succeeded", startedAtMs: nine, endedAtMs: nine + 30 * minute },
      [],
    ],
    [
      "succeeded too late",
      nine + hour,
      { state: "succeeded", startedAtMs: nine, endedAtMs: nine + 30 * minute + 1 },
      ["success_late, mended"],
    ],
    [
      "failed, and may be tried again in time",
      nine + 29 * minute,
      { state: "failed", startedAtMs: nine, endedAtMs: nine + minute },
      [],
    ],
    [
      "failed for good",
      nine + 30 * minute,
      { state: "failed", startedAtMs: nine, endedAtMs: nine + minute },
      ["success_late"],
    ],
    [
      "was finished where starts are not reported",
      nine + 20 * minute,
      { state: "succeeded", endedAtMs: nine + minute },
      [],
    ],
  ])("%s", (_, nowMs, run, expected) => {
    expect(kindsOf(evidenceOf(nowMs, [[slot, run]]))).toEqual(expected);
  });

  it("that was deleted had finished, and nobody asks for it any more", () => {
    expect(kindsOf(evidenceOf(nine + 5 * hour, [[slot, "deleted"]]))).toEqual([]);
  });

  it("is only expected of schedules that say so", () => {
    const evidence = evidenceOf(nine + 5 * hour, [[slot, {}]], { schedule: scheduleOf() });
    expect(kindsOf(evidence)).toEqual([]);
  });

  it("is told of by its id, and by when it should have been", () => {
    const [found] = brokenExpectations(evidenceOf(nine + 10 * minute, [[slot, {}]]));
    expect(found).toEqual({
      kind: "start_late",
      nominalMs: nine,
      byMs: nine + 10 * minute,
      instanceId: slot.instanceId,
      message: "has not begun in time; it is pending",
    });
  });
});

describe("of several slots", () => {
  const older = fired(nine - hour);
  const newer = fired(nine);

  it("a newer one that does it makes up for an older one that does not", () => {
    const began: Run = { state: "running", startedAtMs: nine + minute };
    const evidence = evidenceOf(nine + 11 * minute, [
      [older, { state: "running" as const, startedAtMs: nine - hour }],
      [newer, began],
    ]);
    expect(kindsOf({ ...evidence, slots: [newer, older] })).toEqual(["success_late"]);
    expect(kindsOf({ ...evidence, slots: [older, newer, newer] })).toEqual(["success_late"]);
  });

  it("a newer one that still may does not hide an older one that did not", () => {
    const evidence = evidenceOf(nine + minute, [
      [older, {}],
      [newer, {}],
    ]);
    const found = brokenExpectations(evidence);
    expect(found.map(({ kind, nominalMs }) => [kind, nominalMs])).toEqual([
      ["start_late", older.nominalMs],
      ["success_late", older.nominalMs],
    ]);
  });
});
