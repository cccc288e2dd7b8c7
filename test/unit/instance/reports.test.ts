import { describe, expect, it } from "vitest";
import type { InstanceCommand } from "../../../shared/instance/commands.ts";
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

const definition = definitionOf({ timeoutSeconds: 100, heartbeatSeconds: 30 });
const dispatched = afterwards(openedBy(definition), claim(1), t0, definition);
const from = credentialOf(dispatched);
const running = afterwards(
  dispatched,
  { name: "confirm", ...from, startedAtMs: t0 + 500 },
  t0 + 1_000,
  definition,
);

describe("what an attempt says", () => {
  const reports: readonly InstanceCommand[] = [
    { name: "confirm", ...from, startedAtMs: t0 },
    { name: "heartbeat", ...from, atMs: t0 + 2_000 },
    { name: "succeed", ...from },
    { name: "fail", ...from, error: failure, random: 0 },
  ];

  it.each(reports.map((command) => [command.name, command] as const))(
    "changes nothing without the live attempt's token: %s",
    (_name, command) => {
      for (const wrong of [{ token: "tok_2" }, { attemptId: "att_2" }, { token: "" }]) {
        for (const instance of [dispatched, running]) {
          const decision = decide(
            instance,
            { ...command, ...wrong } as InstanceCommand,
            contextOf(definition, t0 + 3_000),
          );
          expect(decision).toMatchObject({ outcome: "rejected", code: "attempt_not_current" });
        }
      }
    },
  );

  it("changes nothing any more once a new attempt has been granted", () => {
    const retried = afterwards(
      running,
      { name: "fail", ...from, error: failure, random: 0 },
      t0 + 2_000,
      definition,
    );
    const again = afterwards(retried, claim(2), retried.dueAtMs, definition);
    const decision = decide(
      again,
      { name: "succeed", ...from },
      contextOf(definition, retried.dueAtMs + 1),
    );
    expect(decision.outcome).toBe("rejected");
  });

  it("changes nothing in a later round", () => {
    const cancelled = afterwards(
      running,
      { name: "cancel", actor: "someone" },
      t0 + 2_000,
      definition,
    );
    const retried = afterwards(
      cancelled,
      { name: "retry", actor: "someone" },
      t0 + 3_000,
      definition,
    );
    const again = afterwards(retried, claim(2), t0 + 3_000, definition);
    for (const instance of [cancelled, retried, again]) {
      const late = decide(
        instance,
        { name: "succeed", ...from },
        contextOf(definition, t0 + 4_000),
      );
      expect(late.outcome).toBe("rejected");
    }
  });

  it("counts as its end also before its start was confirmed", () => {
    const done = afterwards(
      dispatched,
      { name: "succeed", ...from, output: { n: 1 }, startedAtMs: t0 + 5 },
      t0 + 10,
      definition,
    );
    expect(done).toMatchObject({
      state: "succeeded",
      output: { n: 1 },
      attempts: [{ outcome: "succeeded", startedAtMs: t0 + 5, finishedAtMs: t0 + 10 }],
    });
  });

  it("is confirmed by a first heartbeat whose start report is still on its way", () => {
    const heard = afterwards(
      dispatched,
      { name: "heartbeat", ...from, atMs: t0 + 7 },
      t0 + 9,
      definition,
    );
    expect(heard.state).toBe("running");
    expect(liveOf(heard).startedAtMs).toBe(t0 + 7);
  });
});

describe("times that a worker names", () => {
  const year = 365 * 86_400_000;

  it.each([
    ["a year ahead is taken as now, so that its time limit comes", year, t0 + 1_000],
    ["a year back is taken as the moment of its claim", -year, t0],
    ["in between is believed", 400, t0 + 400],
  ])("as its start: what lies %s", (_name, offMs, expectedMs) => {
    const confirmed = afterwards(
      dispatched,
      { name: "confirm", ...from, startedAtMs: t0 + offMs },
      t0 + 1_000,
      definition,
    );
    expect(liveOf(confirmed).startedAtMs).toBe(expectedMs);
    const done = afterwards(
      dispatched,
      { name: "succeed", ...from, startedAtMs: t0 + offMs },
      t0 + 1_000,
      definition,
    );
    expect(done.attempts[0]?.startedAtMs).toBe(expectedMs);
  });

  it("do not decide how long it has been silent: our own clock does", () => {
    for (const offMs of [-year, year]) {
      const heard = afterwards(
        running,
        { name: "heartbeat", ...from, atMs: t0 + offMs },
        t0 + 20_000,
        definition,
      );
      expect(liveOf(heard).heartbeatAtMs).toBe(t0 + 20_000);
    }
  });

  it("never make an attempt end before it began", () => {
    const early = t0 - 60_000;
    const ends: readonly InstanceCommand[] = [
      { name: "succeed", ...from },
      { name: "fail", ...from, error: failure, random: 0 },
      { name: "cancel", actor: "someone" },
    ];
    for (const command of ends) {
      const ended = afterwards(running, command, early, definition).attempts[0];
      expect(ended?.finishedAtMs).toBe(liveOf(running).startedAtMs);
    }
  });
});

describe("repeated heartbeats", () => {
  it("fold into one entry of the history, which counts them and keeps versions contiguous", () => {
    let instance = running;
    for (let beat = 1; beat <= 50; beat++) {
      const command = { name: "heartbeat", ...from, atMs: 0 } as const;
      instance = afterwards(instance, command, t0 + 1_000 + beat * 1_000, definition);
    }
    expect(instance.version).toBe(running.version + 50);
    expect(instance.history.length).toBe(running.history.length + 1);
    expect(instance.history.at(-1)).toMatchObject({
      command: "heartbeat",
      count: 50,
      version: instance.version,
    });
  });

  it("change nothing when they come at an instant that is known already", () => {
    const heard = afterwards(
      running,
      { name: "heartbeat", ...from, atMs: 0 },
      t0 + 5_000,
      definition,
    );
    const again = decide(
      heard,
      { name: "heartbeat", ...from, atMs: 0 },
      contextOf(definition, t0 + 5_000),
    );
    expect(again.outcome).toBe("unchanged");
  });
});
