import { describe, expect, it } from "vitest";
import { openGathering } from "../../../shared/instance/amend-instance.ts";
import type { InstanceCommand } from "../../../shared/instance/commands.ts";
import { decide } from "../../../shared/instance/decide.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import {
  type InstanceCommandName,
  type InstanceState,
  instanceMoves,
  instanceStates,
  isTerminal,
  movesFrom,
} from "../../../shared/instance/moves.ts";
import {
  claim,
  contextOf,
  definitionOf,
  failure,
  inEachState,
  submittedAtMs,
} from "./instance-maker.ts";

const definition = definitionOf({ totalTimeoutSeconds: 3_600, heartbeatSeconds: 30 });
const states = inEachState(definition);
const from = { attemptId: "att_1", token: "tok_1" };
const batch = { mode: "batch", seconds: 60, max: 10 } as const;
const soonMs = submittedAtMs + 1_000;
const overdueMs = submittedAtMs + 900_000;

/** For every command of the table: what to ask, when, and of which state, to make that very move. */
const askings: Record<
  InstanceCommandName,
  (instance: Instance) => { readonly command: InstanceCommand; readonly nowMs: number }
> = {
  hold: () => ({ command: { name: "hold", reason: "paused" }, nowMs: soonMs }),
  amend: (instance) => ({
    command: { name: "amend", gathering: batch, additions: [instance], actor: "someone" },
    nowMs: soonMs,
  }),
  claim: () => ({ command: claim(2), nowMs: soonMs }),
  confirm: () => ({ command: { name: "confirm", ...from, startedAtMs: soonMs }, nowMs: soonMs }),
  heartbeat: () => ({ command: { name: "heartbeat", ...from, atMs: soonMs }, nowMs: soonMs }),
  rearm: ({ state, wakeAtMs }) => ({
    command: { name: "wake", random: 0, ...(state === "dispatched" ? { sighting: "queued" } : {}) },
    nowMs: state === "dispatched" ? (wakeAtMs ?? 0) : soonMs,
  }),
  succeed: () => ({ command: { name: "succeed", ...from }, nowMs: soonMs }),
  fail: ({ state }) => ({
    command:
      state === "pending"
        ? { name: "reject", error: failure }
        : { name: "fail", ...from, error: failure, random: 0 },
    nowMs: soonMs,
  }),
  lapse: ({ state, wakeAtMs }) => ({
    command: { name: "wake", random: 0 },
    nowMs: state === "dispatched" ? (wakeAtMs ?? 0) : submittedAtMs + 60_000,
  }),
  timeOut: () => ({
    command: { name: "wake", random: 0 },
    nowMs: submittedAtMs + 3_600_000,
  }),
  cancel: () => ({ command: { name: "cancel", actor: "someone" }, nowMs: soonMs }),
  expire: () => ({ command: { name: "wake", random: 0 }, nowMs: overdueMs }),
  retry: () => ({ command: { name: "retry", actor: "someone" }, nowMs: soonMs }),
  approve: () => ({ command: { name: "approve", actor: "someone" }, nowMs: soonMs }),
};

const cells = instanceStates.flatMap((state) =>
  Object.keys(askings).map((name): [InstanceState, InstanceCommandName] => [
    state,
    name as InstanceCommandName,
  ]),
);

describe("the table of moves", () => {
  it.each(cells)("says what becomes of an instance that is %s when it is to %s", (state, name) => {
    const instance = prepared(states[state], name);
    const { command, nowMs } = askings[name](instance);
    const decision = decide(instance, command, contextOf(definition, nowMs));
    const allowed = movesFrom(state, name);
    if (decision.outcome !== "changed") {
      expect(decision.reason).not.toBe("");
      expect(allowed).toEqual([]);
      return;
    }
    const { next } = decision;
    expect(next.version).toBe(instance.version + 1);
    const entry = next.history.at(-1);
    // Asked for one thing, the machine may do another that its table allows: the first heartbeat of
    // an attempt confirms it, and a wake does what is overdue.
    expect(entry === undefined || entry.command === "submit").toBe(false);
    if (entry?.command !== "submit" && entry !== undefined) {
      expect(movesFrom(state, entry.command)).toContain(next.state);
      if (allowed.length > 0) expect(entry.command).toBe(name);
    }
  });

  it("reaches every cell and every target it names", () => {
    const reached = new Set<string>();
    for (const [state, name] of cells) {
      for (const retriesLeft of [true, false]) {
        const few = definitionOf({ totalTimeoutSeconds: 3_600, retry: { maxAttempts: 1 } });
        const instance = prepared(states[state], name, retriesLeft);
        const { command, nowMs } = askings[name](instance);
        const decision = decide(
          instance,
          command,
          contextOf(retriesLeft ? definition : few, nowMs),
        );
        const entry = decision.outcome === "changed" ? decision.next.history.at(-1) : undefined;
        if (entry !== undefined) reached.add(`${entry.from} ${entry.command} ${entry.to}`);
      }
    }
    for (const [state, row] of Object.entries(instanceMoves)) {
      for (const [command, targets] of Object.entries(row)) {
        for (const to of targets) {
          const attemptTimeOut = command === "timeOut" && to === "pending";
          // An attempt's own time limit is decided in the tests of wakes.
          if (!attemptTimeOut) expect(reached).toContain(`${state} ${command} ${to}`);
        }
      }
    }
  });

  it("lets nothing but a retry by hand follow on an end", () => {
    for (const state of instanceStates.filter(isTerminal)) {
      for (const name of Object.keys(askings) as InstanceCommandName[]) {
        if (name === "retry" && state !== "succeeded") continue;
        const instance = states[state];
        const { command, nowMs } = askings[name](instance);
        const decision = decide(instance, command, contextOf(definition, nowMs));
        expect([state, name, decision.outcome]).not.toEqual([state, name, "changed"]);
      }
    }
  });
});

/** The same instance, in the one detail that a cell needs otherwise. */
function prepared(instance: Instance, name: InstanceCommandName, retriesLeft = true): Instance {
  const infraFailures = retriesLeft ? 0 : 10;
  if (name === "rearm" && instance.state === "pending") {
    return { ...instance, dueAtMs: soonMs + 1, wakeAtMs: submittedAtMs };
  }
  if (name === "rearm" && instance.state === "running") {
    return { ...instance, wakeAtMs: submittedAtMs };
  }
  if (name === "amend" && instance.state === "pending") return openGathering([instance], batch);
  if (name === "approve" && instance.state === "pending") {
    return { ...instance, waiting: "approval", waitingFor: "approval:tenant" };
  }
  if (name === "lapse") return { ...instance, infraFailures };
  return instance;
}
