import fc from "fast-check";
import type { InstanceCommand } from "../../../shared/instance/commands.ts";
import { errorClassNames } from "../../../shared/instance/error-classes.ts";
import { type Instance, liveAttempt } from "../../../shared/instance/instance.ts";

/** A command that is chosen before it is known to which instance it will be given. */
type CommandMaker = (instance: Instance, nowMs: number) => InstanceCommand;

const unit = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const sighting = fc.option(fc.constantFrom("queued", "running", "gone", "unknown"), {
  nil: undefined,
});

/** Mostly from the live attempt, now and then from an old one or a stranger. */
const speaker = fc.constantFrom("live", "live", "live", "oldest", "stranger", "thief");
type Speaker = typeof speaker extends fc.Arbitrary<infer Value> ? Value : never;

function credential(instance: Instance, who: Speaker) {
  const attempt = who === "oldest" ? instance.attempts[0] : liveAttempt(instance);
  const attemptId = who === "stranger" ? "att_unknown" : (attempt?.id ?? "att_none");
  const token = who === "thief" ? "tok_stolen" : (attempt?.token ?? "tok_none");
  return { attemptId, token };
}

const error = fc.record(
  {
    class: fc.constantFrom(...errorClassNames),
    message: fc.constant("it failed"),
    retryable: fc.boolean(),
  },
  { requiredKeys: ["class", "message"] },
);

const terms = fc.record(
  {
    timeoutMs: fc.integer({ min: 500, max: 200_000 }),
    leaseSeconds: fc.integer({ min: 2, max: 60 }),
    handOverMs: fc.integer({ min: 1_000, max: 600_000 }),
    pull: fc.constant(true as const),
  },
  { requiredKeys: [] },
);

const claims = fc.tuple(fc.constantFrom("local", "lambda"), terms).map(
  ([backend, granted]): CommandMaker =>
    ({ attemptCount }) => ({
      name: "claim",
      attemptId: `att_${attemptCount + 1}`,
      token: `tok_${attemptCount + 1}`,
      backend,
      terms: granted,
    }),
);

const reports = fc
  .tuple(
    speaker,
    fc.constantFrom("confirm", "heartbeat", "succeed", "fail"),
    error,
    unit,
    fc.integer({ min: -400_000, max: 400_000 }),
    fc.option(fc.constantFrom("run-1", "run-2"), { nil: undefined }),
  )
  .map(
    ([who, name, what, random, offMs, externalId]): CommandMaker =>
      (instance, nowMs) => {
        const from = credential(instance, who);
        if (name === "confirm") {
          const named = externalId === undefined ? {} : { externalId };
          return { name, ...from, startedAtMs: nowMs + offMs, ...named };
        }
        if (name === "heartbeat") return { name, ...from, atMs: nowMs + offMs };
        if (name === "succeed") return { name, ...from, output: { offMs } };
        return { name, ...from, error: what, random, startedAtMs: nowMs + offMs };
      },
  );

const wakes = fc.tuple(unit, sighting).map(
  ([random, seen]): CommandMaker =>
    () => ({ name: "wake", random, ...(seen === undefined ? {} : { sighting: seen }) }),
);

const people = fc
  .constantFrom("cancel", "retry", "hold", "release", "reject")
  .map((name): CommandMaker => {
    if (name === "hold" || name === "release") return () => ({ name, reason: "paused or resumed" });
    if (name === "reject") {
      return () => ({ name, error: { class: "missing_function", message: "nobody can run it" } });
    }
    return () => ({ name, actor: "someone" });
  });

/** Any command, with how much time passes before it; clocks may go back. */
export const step = fc.record({
  make: fc.oneof(
    { weight: 3, arbitrary: claims },
    { weight: 6, arbitrary: reports },
    { weight: 4, arbitrary: wakes },
    { weight: 1, arbitrary: people },
  ),
  passedMs: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -60_000, max: 0 }) },
  ),
});
export type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
