import { describe, expect, it } from "vitest";
import { indexEntriesOf } from "../../../shared/contract/indexes.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { limits } from "../../../shared/core/limits.ts";
import { decide } from "../../../shared/instance/decide.ts";
import type { AttemptTerms, Instance } from "../../../shared/instance/instance.ts";
import type { TaskVersion } from "../../../shared/task/task.ts";
import {
  afterwards,
  claim,
  contextOf,
  credentialOf,
  definitionOf,
  liveOf,
  openedBy,
  submittedAtMs as t0,
} from "./instance-maker.ts";

const second = 1_000;
const long = definitionOf({ timeoutSeconds: 3_600, retry: { maxAttempts: 1 } });

function claimed(
  instance: Instance,
  terms: AttemptTerms,
  definition: TaskVersion = long,
  atMs = instance.dueAtMs,
): Instance {
  const command = { ...claim(instance.attemptCount + 1), backend: "lambda", terms };
  return afterwards(instance, command, atMs, definition);
}

function confirmed(instance: Instance, atMs: number, definition = long): Instance {
  const command = { name: "confirm", ...credentialOf(instance), startedAtMs: atMs } as const;
  return afterwards(instance, command, atMs, definition);
}

describe("an attempt with less time than its instance asks for", () => {
  const wake = { name: "wake", random: 0 } as const;
  const terms = { timeoutMs: 900 * second };
  const overdueMs = 900 * second + limits.wakeGraceMs;

  it("is over when its backend's time is, and is not charged to the task the first time", () => {
    const running = confirmed(claimed(openedBy(long), terms), t0);
    const next = afterwards(running, wake, t0 + overdueMs, long);
    expect(next).toMatchObject({ state: "pending", taskFailures: 0, infraFailures: 1 });
    expect(next.attempts[0]).toMatchObject({ outcome: "timed_out", error: { class: "outgrown" } });
    expect(next.attempts[0]?.error?.message).toContain("900 s that lambda can give");
  });

  it("is told so by whoever reports the timeout, too", () => {
    const running = confirmed(claimed(openedBy(long), terms), t0);
    const error = { class: "timeout", message: "Task timed out after 900.00 seconds" } as const;
    const command = { name: "fail", ...credentialOf(running), error, random: 0 } as const;
    const next = afterwards(running, command, t0 + 901 * second, long);
    expect(next).toMatchObject({ state: "pending", taskFailures: 0 });
    expect(next.attempts[0]?.error?.class).toBe("outgrown");
  });

  it("is charged to the task when it happens again, because no bigger place was found", () => {
    const first = confirmed(claimed(openedBy(long), terms), t0);
    const pending = afterwards(first, wake, t0 + overdueMs, long);
    const second = confirmed(claimed(pending, terms, long, pending.dueAtMs), pending.dueAtMs);
    const end = afterwards(second, wake, pending.dueAtMs + overdueMs, long);
    expect(end).toMatchObject({ state: "timed_out", taskFailures: 1, error: { class: "timeout" } });
  });

  it("has its own time counted when its terms give it more than its instance asks for", () => {
    const short = definitionOf({ timeoutSeconds: 10, retry: { maxAttempts: 1 } });
    const running = confirmed(claimed(openedBy(short), terms, short), t0, short);
    const end = afterwards(running, wake, t0 + 10 * second + limits.wakeGraceMs, short);
    expect(end).toMatchObject({ state: "timed_out", error: { class: "timeout" } });
  });
});

describe("an attempt with a lease", () => {
  const terms = { leaseSeconds: 30 };

  it("is lost after one lease of silence, at the infrastructure's cost", () => {
    const running = confirmed(claimed(openedBy(long), terms), t0);
    expect(running.wakeAtMs).toBeLessThanOrEqual(t0 + 30 * second + limits.handOverMs);
    const wake = { name: "wake", random: 0 } as const;
    const early = decide(running, wake, contextOf(long, t0 + 29 * second));
    expect(early.outcome).toBe("unchanged");
    const lost = afterwards(running, wake, t0 + 30 * second, long);
    expect(lost).toMatchObject({ state: "pending", taskFailures: 0, infraFailures: 1 });
    expect(lost.attempts[0]?.error?.class).toBe("worker_lost");
  });

  it("lives on with each sign of life, which may say how far it is", () => {
    const running = confirmed(claimed(openedBy(long), terms), t0);
    const beat = { name: "heartbeat", ...credentialOf(running), atMs: t0 } as const;
    const heard = afterwards(running, { ...beat, progress: { done: 4 } }, t0 + 20 * second, long);
    expect(liveOf(heard)).toMatchObject({ progress: { done: 4 } });
    const wake = decide(heard, { name: "wake", random: 0 }, contextOf(long, t0 + 45 * second));
    expect(wake).not.toMatchObject({ next: { state: "pending" } });
  });

  it("keeps the longer hand-over that its backend needs", () => {
    const waiting = claimed(openedBy(long), { ...terms, handOverMs: limits.containerHandOverMs });
    expect(waiting.wakeAtMs).toBe(t0 + limits.containerHandOverMs);
  });
});

describe("the name that a backend has for an attempt", () => {
  const confirm = (instance: Instance, externalId: string) => ({
    name: "confirm" as const,
    ...credentialOf(instance),
    startedAtMs: t0,
    externalId,
  });

  it("is learned after an attempt that had to be confirmed before its start", () => {
    const running = confirmed(claimed(openedBy(long), {}), t0);
    const named = afterwards(running, confirm(running, "run-1"), t0 + 1, long);
    expect(liveOf(named)).toMatchObject({ externalId: "run-1" });
    const again = decide(named, confirm(named, "run-1"), contextOf(long, t0 + 2));
    expect(again.outcome).toBe("unchanged");
  });

  it("never becomes another one: a second runner is sent away", () => {
    const waiting = claimed(openedBy(long), {});
    const running = afterwards(waiting, confirm(waiting, "run-1"), t0, long);
    expect(decide(running, confirm(running, "run-2"), contextOf(long, t0 + 1))).toMatchObject({
      outcome: "rejected",
      code: "attempt_not_current",
    });
  });
});

describe("an attempt that is to be fetched", () => {
  const lineOf = (instance: Instance) =>
    indexEntriesOf({
      key: keys.instance("acme", "ins_1"),
      type: "instance",
      body: instance,
    }).filter(({ index }) => index === "queue");

  it("stands in its pool's line until somebody has it", () => {
    const waiting = claimed(openedBy(long, { priority: 9 }), { pull: true });
    expect(lineOf(waiting)).toEqual([
      { index: "queue", partition: "T#acme#LINE#lambda", sort: `0${t0}#0${t0}#ins_1` },
    ]);
    expect(lineOf(confirmed(waiting, t0))).toEqual([]);
  });

  it("stands behind those of higher priority and before those that came later", () => {
    const sortOf = (priority: number, atMs: number) =>
      lineOf(claimed(openedBy(long, { priority }), { pull: true }, long, atMs))[0]?.sort ?? "";
    const sorts = [sortOf(9, t0 + 5), sortOf(5, t0), sortOf(5, t0 + 1), sortOf(0, t0)];
    expect(sorts).toEqual(sorts.toSorted());
  });
});
