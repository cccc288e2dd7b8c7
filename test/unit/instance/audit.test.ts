import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { auditInstance } from "../../../shared/instance/audit.ts";
import type { HistoryEntry, Instance } from "../../../shared/instance/instance.ts";
import { instanceStates } from "../../../shared/instance/moves.ts";
import {
  afterwards,
  claim,
  credentialOf,
  definitionOf,
  failure,
  inEachState,
  openedBy,
  submittedAtMs as t0,
} from "./instance-maker.ts";

const definition = definitionOf({ totalTimeoutSeconds: 3_600, retry: { maxAttempts: 2 } });
const states = inEachState(definition);

/** An instance with a failed attempt behind it and a second one running. */
const busy = secondAttempt();

const entries = busy.history;
const faults: readonly (readonly [string, string, Partial<Instance>])[] = [
  ["a version that history does not have", "I19 versions", { version: busy.version + 1 }],
  ["a state that history does not have", "I18 audit", { state: "dispatched" }],
  ["a gap in the history", "I18 audit", { history: entries.toSpliced(2, 1) }],
  ["a history that begins too late", "I18 audit", { history: entries.slice(1) }],
  ["no history", "I18 audit", { history: [] }],
  [
    "a move that the table forbids",
    "I18 audit",
    { history: replaced(entries, 1, { command: "confirm" }) },
  ],
  ["a count where none can be", "I18 audit", { history: replaced(entries, 1, { count: 1 }) }],
  ["an entry without its actor", "I18 audit", { history: without(entries, 0, "actor") }],
  ["a round that nobody asked for", "I18 audit", { round: 2 }],
  ["no wake while it is open", "I28 progress", neverWoken()],
  ["a wake that comes too late", "I28 progress", { wakeAtMs: t0 + 3_600_000 }],
  ["a wait that is over", "I28 progress", { waiting: "backoff" }],
  ["an end although it is open", "I2 terminal once", { finishedAtMs: t0 }],
  ["two attempts with one id", "I3 one live attempt", twice(busy, "id")],
  ["two attempts with one token", "I3 one live attempt", twice(busy, "token")],
  ["more attempts than were granted", "I3 one live attempt", { attemptCount: 1 }],
  ["two live attempts", "I3 one live attempt", revived(busy)],
  ["a live attempt of an earlier round", "I3 one live attempt", { round: 3 }],
  ["an output before the end", "I4 fenced completion", { output: 1 }],
  ["an error before the end", "I4 fenced completion", { error: failure }],
  ["a success that is not its last attempt's", "I4 fenced completion", succeededEarly(busy)],
  ["a failure that was not charged", "I5 retry budget", { taskFailures: 0 }],
  ["a failure charged to the wrong budget", "I5 retry budget", { infraFailures: 1 }],
  ["an attempt claimed before it was due", "I10 not early", { dueAtMs: t0 + 3_000_000 }],
  ["an attempt claimed after the deadline", "I15 timeouts", { deadlineAtMs: t0 }],
  ["an attempt that began before its claim", "I30 clock safety", begunAt(busy, t0 - 1)],
  ["an attempt that begins in a year", "I30 clock safety", begunAt(busy, t0 + 31_536_000_000)],
  [
    "a history that goes back in time",
    "I30 clock safety",
    { history: replaced(entries, 3, { atMs: t0 - 3_600_000 }) },
  ],
  ["a record that is too large", "I29 bounds", { input: "x".repeat(limits.recordBytesMax) }],
];

describe("the auditor", () => {
  it.each(instanceStates)("finds nothing in an instance that is %s as it should be", (state) => {
    expect(auditInstance(states[state], definition)).toEqual([]);
  });

  it("finds nothing in one with attempts behind it", () => {
    expect(auditInstance(busy, definition)).toEqual([]);
  });

  it("finds nothing in one whose oldest entries were dropped", () => {
    const long = manyChanges(limits.historyKept * 3);
    expect(long.history.length).toBe(limits.historyKept);
    expect(auditInstance(long, definition)).toEqual([]);
  });

  it.each(faults)("finds %s", (_name, invariant, fault) => {
    const found = auditInstance({ ...busy, ...fault }, definition);
    expect(found.map((finding) => finding.invariant)).toContain(invariant);
  });

  it("finds more attempts than the task's policy grants", () => {
    const strict = definitionOf({ retry: { maxAttempts: 1 } });
    const found = auditInstance(busy, strict);
    expect(found.map(({ invariant }) => invariant)).toContain("I5 retry budget");
    expect(auditInstance(busy)).toEqual([]);
  });

  it("finds whatever followed on a cancellation", () => {
    const { cancelled } = states;
    const last = cancelled.history.at(-1);
    if (last === undefined) throw new Error("it has no history");
    const claimedAgain: HistoryEntry = {
      version: last.version + 1,
      atMs: last.atMs,
      command: "claim",
      from: "cancelled",
      to: "dispatched",
      reason: "again",
    };
    const found = auditInstance({ ...cancelled, history: [...cancelled.history, claimedAgain] });
    expect(found.map(({ invariant }) => invariant)).toContain("I7 cancel is final");
  });

  it("finds an instance that expired although it had begun", () => {
    const { expired } = states;
    const begun = busy.attempts.slice(0, 1).map((one) => ({ ...one, startedAtMs: t0 + 1 }));
    const found = auditInstance({ ...expired, attempts: begun });
    expect(found.map(({ invariant }) => invariant)).toContain("I15 timeouts");
  });
});

function secondAttempt(): Instance {
  const one = afterwards(openedBy(definition), claim(1), t0, definition);
  const error = { name: "fail", ...credentialOf(one), error: failure, random: 0 } as const;
  const failed = afterwards(one, error, t0 + 100, definition);
  const two = afterwards(failed, claim(2), failed.dueAtMs, definition);
  const confirm = { name: "confirm", ...credentialOf(two), startedAtMs: failed.dueAtMs } as const;
  return afterwards(two, confirm, failed.dueAtMs + 50, definition);
}

/** Holds and moments of freedom in turn, which do not fold into each other. */
function manyChanges(count: number): Instance {
  let instance = openedBy(definition);
  for (let change = 0; change < count; change++) {
    const command =
      change % 2 === 0
        ? ({ name: "hold", reason: "paused" } as const)
        : ({ name: "release", reason: "resumed" } as const);
    instance = afterwards(instance, command, t0 + change, definition);
  }
  return instance;
}

function replaced(
  history: readonly HistoryEntry[],
  place: number,
  part: Partial<HistoryEntry>,
): readonly HistoryEntry[] {
  return history.map((entry, index) => (index === place ? { ...entry, ...part } : entry));
}

function without(
  history: readonly HistoryEntry[],
  place: number,
  field: keyof HistoryEntry,
): readonly HistoryEntry[] {
  return history.map((entry, index) => {
    if (index !== place) return entry;
    const { [field]: _, ...rest } = entry;
    return rest as HistoryEntry;
  });
}

/** The type does not allow it; a store could hold it all the same. */
function neverWoken(): Partial<Instance> {
  return { wakeAtMs: undefined } as unknown as Partial<Instance>;
}

function twice(instance: Instance, field: "id" | "token"): Partial<Instance> {
  const [one, two] = instance.attempts;
  if (one === undefined || two === undefined) throw new Error("two attempts are needed");
  return { attempts: [one, { ...two, [field]: one[field] }] };
}

function revived(instance: Instance): Partial<Instance> {
  const [one, two] = instance.attempts;
  if (one === undefined || two === undefined) throw new Error("two attempts are needed");
  const { outcome: _outcome, finishedAtMs: _finishedAtMs, ...live } = one;
  return { attempts: [live, two] };
}

function succeededEarly(instance: Instance): Partial<Instance> {
  const [one, two] = instance.attempts;
  if (one === undefined || two === undefined) throw new Error("two attempts are needed");
  return { attempts: [{ ...one, outcome: "succeeded" }, two] };
}

function begunAt(instance: Instance, startedAtMs: number): Partial<Instance> {
  const attempts = instance.attempts.map((attempt) =>
    attempt.outcome === undefined ? { ...attempt, startedAtMs } : attempt,
  );
  return { attempts };
}
