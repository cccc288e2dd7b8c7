import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditInstance } from "../../../shared/instance/audit.ts";
import type { InstanceCommand } from "../../../shared/instance/commands.ts";
import { decide } from "../../../shared/instance/decide.ts";
import { type Instance, liveAttempt } from "../../../shared/instance/instance.ts";
import { isTerminal, movesFrom } from "../../../shared/instance/moves.ts";
import type { TaskVersion } from "../../../shared/task/task.ts";
import {
  afterwards,
  claim,
  contextOf,
  credentialOf,
  definitionOf,
  failure,
  openedBy,
  submittedAtMs,
} from "../../unit/instance/instance-maker.ts";
import { type Step, step } from "./command-arbitraries.ts";

const definitions = fc
  .record({
    maxAttempts: fc.integer({ min: 1, max: 4 }),
    delayMs: fc.integer({ min: 0, max: 60_000 }),
    timeoutSeconds: fc.integer({ min: 1, max: 400 }),
    totalTimeoutSeconds: fc.option(fc.integer({ min: 10, max: 2_000 }), { nil: undefined }),
    heartbeatSeconds: fc.option(fc.integer({ min: 5, max: 60 }), { nil: undefined }),
  })
  .map(({ maxAttempts, delayMs, totalTimeoutSeconds, heartbeatSeconds, timeoutSeconds }) =>
    definitionOf({
      timeoutSeconds,
      retry: { maxAttempts, delayMs, jitter: true },
      ...(totalTimeoutSeconds === undefined ? {} : { totalTimeoutSeconds }),
      ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
    }),
  );

const submissions = fc.record(
  {
    delaySeconds: fc.integer({ min: 0, max: 100 }),
    startBy: fc
      .integer({ min: 101, max: 500 })
      .map((seconds) => new Date(submittedAtMs + seconds * 1_000).toISOString()),
  },
  { requiredKeys: [] },
);

const lives = fc.tuple(definitions, submissions, fc.array(step, { maxLength: 60 }));

describe("whatever is asked of an instance, in whatever order", () => {
  it("each change makes one version more, by a move of the table, and leaves nothing to find", () => {
    fc.assert(
      fc.property(lives, ([definition, submission, steps]) => {
        live(openedBy(definition, submission), definition, steps, (before, command, next) => {
          expect(next.version).toBe(before.version + 1);
          const moved = next.history.at(-1)?.command ?? "submit";
          if (moved === "submit") throw new Error("a change must not be called a submission");
          expect(movesFrom(before.state, moved)).toContain(next.state);
          expect({ command, found: auditInstance(next, definition) }).toEqual({
            command,
            found: [],
          });
        });
      }),
      { numRuns: 300 },
    );
  });

  it("an end stays what it is, until somebody asks for a new round", () => {
    fc.assert(
      fc.property(lives, ([definition, submission, steps]) => {
        live(openedBy(definition, submission), definition, steps, (before, command) => {
          if (isTerminal(before.state)) expect(command.name).toBe("retry");
        });
      }),
      { numRuns: 300 },
    );
  });

  it("only the live attempt's own words count, and no attempt is granted beside a live one", () => {
    fc.assert(
      fc.property(lives, ([definition, submission, steps]) => {
        live(openedBy(definition, submission), definition, steps, (before, command, next) => {
          const speaks = liveAttempt(before);
          if ("token" in command && command.name !== "claim") {
            expect([command.attemptId, command.token]).toEqual([speaks?.id, speaks?.token]);
          }
          if (next.attemptCount > before.attemptCount) expect(speaks).toBeUndefined();
        });
      }),
      { numRuns: 300 },
    );
  });

  it("waking an open instance at its wake, again and again, brings it to its end", () => {
    fc.assert(
      fc.property(lives, ([definition, submission, steps]) => {
        let instance = live(openedBy(definition, submission), definition, steps);
        for (let look = 0; look < 200 && !isTerminal(instance.state); look++) {
          instance = lookAt(instance, definition);
        }
        expect(isTerminal(instance.state)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("reports of one attempt", () => {
  const definition = definitionOf({ retry: { maxAttempts: 2 } });
  const handedOver = afterwards(openedBy(definition), claim(1), submittedAtMs, definition);
  const from = credentialOf(handedOver);
  const ends: readonly InstanceCommand[] = [
    { name: "succeed", ...from, output: { n: 1 } },
    { name: "fail", ...from, error: failure, random: 0 },
    { name: "fail", ...from, error: { ...failure, retryable: false }, random: 0 },
  ];

  it("come to the same result in any order and however often they are repeated", () => {
    const orders = fc.tuple(
      fc.constantFrom(...ends),
      fc.array(fc.constantFrom("confirm", "heartbeat", "end"), { maxLength: 12 }),
    );
    fc.assert(
      fc.property(orders, ([end, names]) => {
        const said = [...names, "end"].map((name): InstanceCommand => {
          if (name === "end") return end;
          if (name === "confirm") return { name, ...from, startedAtMs: submittedAtMs };
          return { name: "heartbeat", ...from, atMs: submittedAtMs };
        });
        const last = said.reduce<Instance>((instance, command, place) => {
          const context = contextOf(definition, submittedAtMs + 1_000 + place);
          const decision = decide(instance, command, context);
          return decision.outcome === "changed" ? decision.next : instance;
        }, handedOver);
        const straight = afterwards(handedOver, end, submittedAtMs + 1_000, definition);
        expect(essence(last)).toEqual(essence(straight));
      }),
    );
  });
});

/** Gives the commands one after the other; `changed` sees each change. Answers with the last version. */
function live(
  opened: Instance,
  definition: TaskVersion,
  steps: readonly Step[],
  changed: (before: Instance, command: InstanceCommand, next: Instance) => void = () => undefined,
): Instance {
  let instance = opened;
  let nowMs = submittedAtMs;
  for (const { make, passedMs } of steps) {
    nowMs += passedMs;
    const command = make(instance, nowMs);
    const decision = decide(instance, command, contextOf(definition, nowMs));
    expect(decision.reason).not.toBe("");
    if (decision.outcome !== "changed") continue;
    changed(instance, command, decision.next);
    instance = decision.next;
  }
  return instance;
}

/** What the dispatcher does when the wake has come and no backend knows anything. */
function lookAt(instance: Instance, definition: TaskVersion): Instance {
  const context = contextOf(definition, instance.wakeAtMs ?? 0);
  const woken = decide(instance, { name: "wake", random: 0.5 }, context);
  if (woken.outcome === "changed") return woken.next;
  return afterwards(instance, claim(instance.attemptCount + 1), context.nowMs, definition);
}

function essence({ state, output, error, taskFailures, infraFailures, attempts }: Instance) {
  return { state, output, error, taskFailures, infraFailures, outcome: attempts.at(-1)?.outcome };
}
