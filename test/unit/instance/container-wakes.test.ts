import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { decide } from "../../../shared/instance/decide.ts";
import type { AttemptTerms } from "../../../shared/instance/instance.ts";
import { mayBeInterrupted } from "../../../shared/instance/may-be-interrupted.ts";
import {
  afterwards,
  claim,
  contextOf,
  credentialOf,
  definitionOf,
  openedBy,
  submittedAtMs as t0,
} from "./instance-maker.ts";

const minute = 60_000;
const hour = 60 * minute;
const handOverMs = limits.containerHandOverMs;
const definition = definitionOf({ timeoutSeconds: (6 * hour) / 1_000 });
const wake = { name: "wake", random: 0 } as const;

/** An attempt in a container that began 45 seconds after its claim. */
function runningWith(terms: AttemptTerms) {
  const claimed = afterwards(openedBy(definition), { ...claim(1), terms }, t0, definition);
  const startedAtMs = t0 + 45_000;
  const confirm = { name: "confirm", ...credentialOf(claimed), startedAtMs } as const;
  return afterwards(claimed, confirm, startedAtMs, definition);
}

describe("a container that gives no signs of life", () => {
  const running = runningWith({ handOverMs });

  it("is looked at now and then, although its time limit is hours away", () => {
    expect(running.wakeAtMs).toBe(t0 + handOverMs);
    const looked = afterwards(
      running,
      { ...wake, sighting: "running" },
      t0 + handOverMs,
      definition,
    );
    expect(looked).toMatchObject({ state: "running", wakeAtMs: t0 + 2 * handOverMs });
  });

  it("is lost when it is gone and the news of its end never came", () => {
    const lost = afterwards(running, { ...wake, sighting: "gone" }, t0 + handOverMs, definition);
    expect(lost).toMatchObject({ state: "pending", infraFailures: 1, taskFailures: 0 });
    expect(lost.attempts[0]).toMatchObject({
      outcome: "lost",
      error: {
        class: "worker_lost",
        message: expect.stringContaining("no longer has the attempt"),
      },
    });
  });

  it("stays when it cannot be seen, since reads lag behind; its time limit still ends it", () => {
    const unseen = { ...wake, sighting: "unknown" } as const;
    const looked = afterwards(running, unseen, t0 + handOverMs, definition);
    expect(looked.state).toBe("running");
    const endMs = t0 + 45_000 + 6 * hour + limits.wakeGraceMs;
    const over = decide(looked, unseen, contextOf(definition, endMs));
    expect(over).toMatchObject({
      outcome: "changed",
      next: { attempts: [{ outcome: "timed_out", error: { class: "timeout" } }] },
      effects: [{ kind: "stop", attempt: { id: "att_1" } }],
    });
  });
});

describe("a container whose runner gives signs of life", () => {
  const running = runningWith({ handOverMs, leaseSeconds: 60 });

  it("is lost by its silence, whatever the backend says, and asked to end", () => {
    const silentMs = t0 + 45_000 + 60_000;
    expect(running.wakeAtMs).toBe(silentMs);
    const decision = decide(
      running,
      { ...wake, sighting: "running" },
      contextOf(definition, silentMs),
    );
    expect(decision).toMatchObject({
      next: { state: "pending", attempts: [{ error: { class: "worker_lost" } }] },
      effects: [{ kind: "stop" }],
    });
  });
});

describe("a container that has not begun", () => {
  const claimed = afterwards(
    openedBy(definition),
    { ...claim(1), terms: { handOverMs, leaseSeconds: 60 } },
    t0,
    definition,
  );

  it("is waited for while it is in line, and given up and stopped when it is stuck", () => {
    const queued = { ...wake, sighting: "queued" } as const;
    const waiting = afterwards(claimed, queued, t0 + handOverMs, definition);
    expect(waiting).toMatchObject({ state: "dispatched", wakeAtMs: t0 + 2 * handOverMs });
    const stuck = { ...wake, sighting: "unknown" } as const;
    expect(decide(waiting, stuck, contextOf(definition, t0 + 2 * handOverMs))).toMatchObject({
      next: { state: "pending", attempts: [{ error: { class: "hand_over_lost" } }] },
      effects: [{ kind: "stop" }],
    });
  });

  it("may have begun without a word: its silence counts from the look on", () => {
    const seen = { ...wake, sighting: "running" } as const;
    const begun = afterwards(claimed, seen, t0 + handOverMs, definition);
    expect(begun).toMatchObject({ state: "running", wakeAtMs: t0 + handOverMs + 60_000 });
  });

  it("may end before it is known to have begun; the start that is told later changes nothing", () => {
    const from = credentialOf(claimed);
    const ended = afterwards(claimed, { name: "succeed", ...from }, t0 + minute, definition);
    expect(ended.state).toBe("succeeded");
    const late = { name: "confirm", ...from, startedAtMs: t0 + 45_000 } as const;
    expect(decide(ended, late, contextOf(definition, t0 + 2 * minute)).outcome).toBe("rejected");
  });
});

describe("an attempt that may be interrupted", () => {
  const first = openedBy(definition);
  const { spec } = definition;

  it("is the first try of a round, and no other", () => {
    expect(mayBeInterrupted(first, spec)).toBe(true);
    const claimed = afterwards(first, claim(1), t0, definition);
    expect(mayBeInterrupted(claimed, spec, 1)).toBe(true);
    const error = { class: "worker_lost", message: "its Spot capacity was taken back" } as const;
    const interrupted = afterwards(
      claimed,
      { name: "fail", ...credentialOf(claimed), error, random: 0 },
      t0 + minute,
      definition,
    );
    expect(mayBeInterrupted(interrupted, spec)).toBe(false);
    const cancelled = afterwards(
      interrupted,
      { name: "cancel", actor: "ana" },
      t0 + hour,
      definition,
    );
    const again = afterwards(cancelled, { name: "retry", actor: "ana" }, t0 + hour, definition);
    expect(mayBeInterrupted(again, spec)).toBe(true);
  });

  it("is none of a task that keeps state", () => {
    const stateful = definitionOf({ needs: { stateful: true } });
    expect(mayBeInterrupted(first, stateful.spec)).toBe(false);
  });
});
