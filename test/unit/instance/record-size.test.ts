import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { utf8Bytes } from "../../../shared/core/texts.ts";
import { auditInstance } from "../../../shared/instance/audit.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import { route } from "../../../shared/routing/route.ts";
import { backendFacts } from "../../fixtures/backend-facts.ts";
import { openRuleSet } from "../../fixtures/fixed-routing.ts";
import { afterwards, claim, credentialOf, definitionOf, openedBy } from "./instance-maker.ts";

describe("the record of an instance", () => {
  it("stays within its limit with the largest input, output, errors and number of attempts", () => {
    const definition = definitionOf({
      retry: { maxAttempts: limits.attemptsMax, delayMs: 0 },
      tags: Object.fromEntries(
        Array.from({ length: limits.tagsMax }, (_, n) => [
          `key${n}`.padEnd(limits.tagKeyCharsMax, "k"),
          "v".repeat(limits.tagValueBytesMax),
        ]),
      ),
    });
    let instance = openedBy(definition, {
      input: "i".repeat(limits.inputBytesMax - 2),
      config: { c: "c".repeat(limits.configBytesMax - 20) },
      idempotencyKey: "k".repeat(limits.idempotencyKeyCharsMax),
    });
    for (let number = 1; instance.round < limits.roundsMax; number++) {
      instance = failedOnce(instance, number, definition);
      if (isTerminal(instance.state)) {
        const reason = "r".repeat(limits.reasonBytesMax);
        const retry = { name: "retry", actor: "someone", reason } as const;
        instance = afterwards(instance, retry, instance.dueAtMs, definition);
      }
    }
    const claimed = afterwards(instance, claim(9_999), instance.dueAtMs, definition);
    const output = "o".repeat(limits.outputBytesMax - 2);
    const succeed = { name: "succeed", ...credentialOf(claimed), output } as const;
    const done = afterwards(claimed, succeed, instance.dueAtMs, definition);
    expect(utf8Bytes(JSON.stringify(done))).toBeLessThanOrEqual(limits.recordBytesMax);
    expect(auditInstance(done, definition)).toEqual([]);
  });
});

/** One attempt more, failing with as much to say as reports may. */
function failedOnce(
  instance: Instance,
  number: number,
  definition: ReturnType<typeof definitionOf>,
): Instance {
  const nowMs = instance.dueAtMs;
  const receipt = route({
    spec: definition.spec,
    instance,
    inputBytes: limits.inputBytesMax,
    nowMs,
    rules: { active: openRuleSet() },
    backends: ["lambda", "executor"].map((name) =>
      backendFacts({
        name,
        type: "serverless",
        targets: ["function"],
        timeoutSecondsMax: 900,
        memoryMbMax: 10_240,
        inputBytesMax: 1_000_000,
        startIsIdempotent: true,
        reportsStart: true,
      }),
    ),
  });
  const claimed = afterwards(instance, { ...claim(number), receipt }, nowMs, definition);
  const error = {
    class: number % 3 === 0 ? "throttled" : "error",
    name: "n".repeat(128),
    message: "m".repeat(limits.errorMessageBytesMax),
    stack: "s".repeat(limits.errorMessageBytesMax),
  } as const;
  const fail = { name: "fail", ...credentialOf(claimed), error, random: 0 } as const;
  return afterwards(claimed, fail, nowMs, definition);
}
