import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import {
  type ErrorClass,
  errorClasses,
  errorClassNames,
} from "../../../shared/instance/error-classes.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import { backoffMs, decideRetry, RetryPolicy } from "../../../shared/task/retry-policy.ts";
import { afterwards, claim, credentialOf, definitionOf, openedBy } from "./instance-maker.ts";

const policy = RetryPolicy.parse({ maxAttempts: 3, delayMs: 1_000, delayMsMax: 5_000 });

describe("the retry policy", () => {
  it.each([
    ["a first failure of three", "error", { taskAttempts: 1 }, true],
    ["the last failure of three", "error", { taskAttempts: 3 }, false],
    ["a crash", "crash", { taskAttempts: 1 }, true],
    ["too little memory", "out_of_memory", { taskAttempts: 2 }, true],
    ["a timeout", "timeout", { taskAttempts: 2 }, true],
    ["an output that cannot be kept", "invalid_output", { taskAttempts: 1 }, false],
    ["a function that does not exist", "missing_function", { taskAttempts: 1 }, false],
    ["a missing permission", "missing_permission", { taskAttempts: 1 }, false],
    ["throttling", "throttled", { infraFailures: 1 }, true],
    ["the last infrastructure failure", "no_capacity", { infraFailures: 10 }, true],
    ["one infrastructure failure more", "no_capacity", { infraFailures: 11 }, false],
  ] as const)("after %s decides whether to go on", (_name, errorClass, counts, retry) => {
    const state = { taskAttempts: 0, infraFailures: 0, ...counts };
    expect(decideRetry(policy, { class: errorClass }, state, 0.5).retry).toBe(retry);
  });

  it("ends at once for errors that are final, by their own word or by the policy's", () => {
    const strict = { ...policy, finalErrors: ["NoSuchUser"], retryOn: ["timeout" as const] };
    const state = { taskAttempts: 1, infraFailures: 0 };
    for (const failure of [
      { class: "timeout", retryable: false },
      { class: "timeout", name: "NoSuchUser" },
      { class: "error" },
    ] as const) {
      expect(decideRetry(strict, failure, state, 0.5).retry).toBe(false);
    }
    expect(decideRetry(strict, { class: "timeout" }, state, 0.5).retry).toBe(true);
  });

  it.each([
    [1, 0.999_999, 1_000],
    [2, 0.999_999, 2_000],
    [3, 0.999_999, 4_000],
    [4, 0.999_999, 5_000],
    [60, 0.999_999, 5_000],
    [3, 0, 0],
  ])("waits after failure %i with the draw %f at most %i ms", (failures, random, atMost) => {
    const delayMs = backoffMs(policy, failures, random);
    expect(delayMs).toBeLessThanOrEqual(atMost);
    expect(delayMs).toBeGreaterThanOrEqual(Math.floor(atMost * random) - 1);
  });

  it("waits exactly as long as it says without jitter", () => {
    const exact = { ...policy, jitter: false };
    expect([1, 2, 3, 4].map((failures) => backoffMs(exact, failures, 0))).toEqual([
      1_000, 2_000, 4_000, 5_000,
    ]);
    const fixed = { ...exact, backoff: "fixed" as const };
    expect([1, 2, 9].map((failures) => backoffMs(fixed, failures, 0))).toEqual([
      1_000, 1_000, 1_000,
    ]);
  });
});

describe("the budgets of an instance", () => {
  const definition = definitionOf({ retry: { maxAttempts: 3, delayMs: 0 } });

  it.each(errorClassNames)("are charged for what they answer for: %s", (errorClass) => {
    const failed = fail(openedBy(definition), errorClass, 1);
    const infrastructure = errorClasses[errorClass].budget === "infrastructure";
    expect(failed.taskFailures).toBe(infrastructure ? 0 : 1);
    expect(failed.infraFailures).toBe(infrastructure ? 1 : 0);
  });

  it("grant maxAttempts attempts for the task's own failures, whatever else fails in between", () => {
    let instance = openedBy(definition);
    const classes: ErrorClass[] = ["throttled", "error", "no_capacity", "error", "throttled"];
    for (const [index, errorClass] of classes.entries()) {
      instance = fail(instance, errorClass, index + 1);
      expect(instance.state).toBe("pending");
    }
    instance = fail(instance, "error", classes.length + 1);
    expect(instance).toMatchObject({ state: "failed", taskFailures: 3, infraFailures: 3 });
  });

  it("end after so many infrastructure failures, so that nothing goes on for ever", () => {
    let instance = openedBy(definition);
    for (let number = 1; !isTerminal(instance.state); number++) {
      instance = fail(instance, "throttled", number);
    }
    expect(instance).toMatchObject({
      state: "failed",
      taskFailures: 0,
      infraFailures: limits.infraFailuresMax + 1,
    });
  });

  it("begin anew with a retry by hand, a bounded number of times", () => {
    const once = definitionOf({ retry: { maxAttempts: 1, delayMs: 0 } });
    let instance = openedBy(once);
    for (let round = 1; round < limits.roundsMax; round++) {
      const failed = fail(instance, "error", round, once);
      expect(failed.state).toBe("failed");
      instance = afterwards(failed, { name: "retry", actor: "someone" }, failed.dueAtMs, once);
      expect(instance).toMatchObject({ round: round + 1, taskFailures: 0, infraFailures: 0 });
    }
    const last = fail(instance, "error", limits.roundsMax, once);
    expect(() => afterwards(last, { name: "retry", actor: "x" }, last.dueAtMs, once)).toThrow(
      /retried 9 times already/,
    );
  });

  it("do not begin another attempt that could not end in time", () => {
    const short = definitionOf({ totalTimeoutSeconds: 10, retry: { delayMs: 20_000 } });
    const failed = fail(openedBy(short), "error", 1, short);
    expect(failed.state).toBe("failed");
    expect(failed.history.at(-1)?.reason).toContain("total time limit");
  });

  function fail(
    instance: Instance,
    errorClass: ErrorClass,
    number: number,
    by = definition,
  ): Instance {
    const claimed = afterwards(instance, claim(number), instance.dueAtMs, by);
    return afterwards(
      claimed,
      {
        name: "fail",
        ...credentialOf(claimed),
        error: { class: errorClass, message: "no" },
        random: 0.5,
      },
      instance.dueAtMs + 1,
      by,
    );
  }
});
