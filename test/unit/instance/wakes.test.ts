import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { decide } from "../../../shared/instance/decide.ts";
import {
  afterwards,
  claim,
  contextOf,
  credentialOf,
  definitionOf,
  failure,
  liveOf,
  openedBy,
  submittedAtMs as t0,
} from "./instance-maker.ts";

const second = 1_000;
const iso = (atMs: number) => new Date(atMs).toISOString();

describe("the wake of a pending instance", () => {
  const plain = definitionOf();
  const limited = definitionOf({ totalTimeoutSeconds: 50 });

  it.each([
    ["comes at once when it is due at once", plain, {}, 0],
    ["comes when its delay is over", plain, { delaySeconds: 30 }, 30 * second],
    ["comes at its start time", plain, { startAt: iso(t0 + 90 * second) }, 90 * second],
    ["comes at once when its start time has passed", plain, { startAt: iso(t0 - second) }, 0],
    ["comes no later than its deadline", limited, { delaySeconds: 80 }, 50 * second],
    [
      "comes when it is due, before its last moment to start",
      plain,
      { delaySeconds: 30, startBy: iso(t0 + 40 * second) },
      30 * second,
    ],
  ])("%s", (_name, definition, submission, afterMs) => {
    expect(openedBy(definition, submission).wakeAtMs).toBe(t0 + afterMs);
  });

  it("comes again after a while when the task is paused, but not after its last moment to start", () => {
    const held = afterwards(openedBy(plain), { name: "hold", reason: "paused" }, t0, plain);
    expect(held).toMatchObject({ waiting: "paused", wakeAtMs: t0 + limits.pausedRecheckMs });
    const pressed = openedBy(plain, { startBy: iso(t0 + 60 * second) });
    const heldShortly = afterwards(pressed, { name: "hold", reason: "paused" }, t0, plain);
    expect(heldShortly.wakeAtMs).toBe(t0 + 60 * second);
  });

  it("comes at once when it is let go, or when it is due", () => {
    const held = afterwards(openedBy(plain), { name: "hold", reason: "paused" }, t0, plain);
    const free = afterwards(held, { name: "release", reason: "resumed" }, t0 + second, plain);
    expect(free).toMatchObject({ waiting: "due", wakeAtMs: t0 + second });
  });

  it("expires it at its last moment to start, unless an attempt of the round had begun", () => {
    const definition = definitionOf({ retry: { delayMs: 60_000 } });
    const pressed = openedBy(definition, { startBy: iso(t0 + 30 * second) });
    const wake = { name: "wake", random: 0 } as const;
    expect(afterwards(pressed, wake, t0 + 30 * second, definition).state).toBe("expired");
    const claimed = afterwards(pressed, claim(1), t0, definition);
    const from = credentialOf(claimed);
    const begun = afterwards(
      claimed,
      { name: "confirm", ...from, startedAtMs: t0 + second },
      t0 + second,
      definition,
    );
    const failed = afterwards(
      begun,
      { name: "fail", ...from, error: failure, random: 0 },
      t0 + 2 * second,
      definition,
    );
    expect(failed.wakeAtMs).toBe(failed.dueAtMs);
    expect(afterwards(failed, claim(2), failed.dueAtMs, definition).state).toBe("dispatched");
  });
});

describe("the wake of an attempt that was handed over", () => {
  it.each([
    ["leaves a short task the time to run as well", 10, 10 * second + limits.wakeGraceMs],
    ["leaves a long task the time to begin", 600, 0],
  ])("%s", (_name, timeoutSeconds, runMs) => {
    const definition = definitionOf({ timeoutSeconds });
    const claimed = afterwards(openedBy(definition), claim(1), t0, definition);
    expect(claimed.wakeAtMs).toBe(t0 + limits.handOverMs + runMs);
  });

  const definition = definitionOf({ timeoutSeconds: 600, retry: { maxAttempts: 1 } });
  const claimed = afterwards(openedBy(definition), claim(1), t0, definition);
  const wakeAtMs = claimed.wakeAtMs ?? 0;

  it("moves on when the backend says that the attempt waits in line", () => {
    const wake = { name: "wake", random: 0, sighting: "queued" } as const;
    const woken = afterwards(claimed, wake, wakeAtMs, definition);
    expect(woken).toMatchObject({ state: "dispatched", wakeAtMs: wakeAtMs + limits.handOverMs });
  });

  it("confirms it when the backend says that it runs, so that its time limit counts", () => {
    const wake = { name: "wake", random: 0, sighting: "running" } as const;
    const woken = afterwards(claimed, wake, wakeAtMs, definition);
    expect(woken).toMatchObject({
      state: "running",
      attempts: [{ startedAtMs: wakeAtMs }],
      wakeAtMs: wakeAtMs + 600 * second + limits.wakeGraceMs,
    });
  });

  it.each(["gone", "unknown", undefined] as const)(
    "gives it up at the cost of the infrastructure when the backend says %s",
    (sighting) => {
      const woken = decide(
        claimed,
        { name: "wake", random: 0, ...(sighting === undefined ? {} : { sighting }) },
        contextOf(definition, wakeAtMs),
      );
      expect(woken).toMatchObject({
        outcome: "changed",
        next: { state: "pending", taskFailures: 0, infraFailures: 1 },
        effects: [{ kind: "stop", attempt: { id: "att_1" } }],
      });
    },
  );

  it("does nothing before it has come", () => {
    const early = decide(
      claimed,
      { name: "wake", random: 0, sighting: "gone" },
      contextOf(definition, wakeAtMs - 1),
    );
    expect(early.outcome).toBe("unchanged");
  });
});

describe("the wake of a running attempt", () => {
  const definition = definitionOf({ timeoutSeconds: 600, heartbeatSeconds: 120 });
  const claimed = afterwards(openedBy(definition), claim(1), t0, definition);
  const from = credentialOf(claimed);
  const running = afterwards(
    claimed,
    { name: "confirm", ...from, startedAtMs: t0 },
    t0,
    definition,
  );
  const wake = { name: "wake", random: 0 } as const;

  const silentAtMs = t0 + 120 * second + limits.wakeGraceMs;

  it("stays where the hand-over put it, and moves on when it comes too early", () => {
    expect(running.wakeAtMs).toBe(claimed.wakeAtMs);
    const woken = afterwards(running, wake, running.wakeAtMs ?? 0, definition);
    expect(woken).toMatchObject({ state: "running", wakeAtMs: silentAtMs });
  });

  it("is brought forward when it would come much too late", () => {
    const short = definitionOf({ timeoutSeconds: 5 });
    const queued = afterwards(openedBy(short), claim(1), t0, short);
    const later = t0 + 600 * second;
    const rearmed = { ...queued, wakeAtMs: later };
    const confirm = { name: "confirm", ...credentialOf(queued), startedAtMs: t0 } as const;
    const begun = afterwards(rearmed, confirm, t0, short);
    expect(begun.wakeAtMs).toBe(t0 + 5 * second + limits.wakeGraceMs);
  });

  it("gives the attempt up when it has been silent for too long", () => {
    const silent = afterwards(running, wake, silentAtMs, definition);
    expect(silent).toMatchObject({ state: "pending", infraFailures: 1, taskFailures: 0 });
    expect(silent.attempts[0]?.error?.class).toBe("worker_lost");
  });

  it("moves on when there was a sign of life in the meantime", () => {
    const heardAtMs = t0 + 115 * second;
    const beat = { name: "heartbeat", ...from, atMs: 0 } as const;
    const heard = afterwards(running, beat, heardAtMs, definition);
    const woken = afterwards(heard, wake, silentAtMs, definition);
    expect(woken.state).toBe("running");
    expect(woken.wakeAtMs).toBe(heardAtMs + 120 * second + limits.wakeGraceMs);
  });

  it("gives up what takes too long, at the cost of the task, however lively it is", () => {
    const overdueAtMs = t0 + 600 * second + limits.wakeGraceMs;
    const heard = afterwards(
      running,
      { name: "heartbeat", ...from, atMs: 0 },
      overdueAtMs - second,
      definition,
    );
    const over = afterwards(heard, wake, overdueAtMs, definition);
    expect(over).toMatchObject({ state: "pending", infraFailures: 0, taskFailures: 1 });
    expect(over.attempts[0]).toMatchObject({ outcome: "timed_out", error: { class: "timeout" } });
  });

  it("ends everything at the total time limit and asks for the end of the work", () => {
    const limited = definitionOf({ timeoutSeconds: 600, totalTimeoutSeconds: 40 });
    const begun = afterwards(openedBy(limited), claim(1), t0, limited);
    const decision = decide(begun, wake, contextOf(limited, t0 + 40 * second));
    expect(decision).toMatchObject({
      outcome: "changed",
      next: { state: "timed_out", taskFailures: 0, attempts: [{ outcome: "timed_out" }] },
      effects: [{ kind: "stop", attempt: { id: liveOf(begun).id } }],
    });
  });
});

describe("a claim", () => {
  it("is refused before the instance is due, and when it is too late to start or to finish", () => {
    const definition = definitionOf({ totalTimeoutSeconds: 100 });
    const submission = { delaySeconds: 10, startBy: iso(t0 + 50 * second) };
    const instance = openedBy(definition, submission);
    for (const [nowMs, outcome] of [
      [t0 + 9_999, "unchanged"],
      [t0 + 10_000, "changed"],
      [t0 + 49_999, "changed"],
      [t0 + 50_000, "unchanged"],
    ] as const) {
      expect([nowMs, decide(instance, claim(1), contextOf(definition, nowMs)).outcome]).toEqual([
        nowMs,
        outcome,
      ]);
    }
    const patient = openedBy(definition, { delaySeconds: 10 });
    const late = decide(patient, claim(1), contextOf(definition, t0 + 100 * second));
    expect(late.outcome).toBe("unchanged");
  });
});
