import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Attempt, Instance } from "../../../shared/instance/instance.ts";
import type { TaskProfile } from "../../../shared/routing/profile.ts";
import { replay } from "../../../shared/routing/replay.ts";
import { route } from "../../../shared/routing/route.ts";
import { compileRuleSet } from "../../../shared/routing/rules/compile.ts";
import { type RuleSet, RuleSetSpec } from "../../../shared/routing/rules/rule-set.ts";
import { whatIfRowOf } from "../../../shared/routing/what-if-row.ts";
import { type AllocationPolicy, defaultPolicy } from "../../../shared/task/allocation-policy.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import { historyBackends } from "../../fixtures/synthetic-history.ts";

const policies = fc.constantFrom<AllocationPolicy>(
  { name: "latency-first" },
  { name: "cost-first" },
  defaultPolicy,
);
const conditions = fc.constantFrom(
  "execution_time_estimate > 25s",
  "memory_requirement < 2GB AND stateful = false",
  "task IN ['etl'] OR latency_requirement < 100ms",
  "tag.team = 'red'",
  "group = 'night' AND input_bytes > 1000",
);
const types = fc.constantFrom("serverless" as const, "traditional" as const, "edge" as const);
const backendNames = historyBackends.map(({ name }) => name);

const ruleSets: fc.Arbitrary<RuleSet> = fc
  .record({
    rules: fc.array(
      fc.record({
        when: conditions,
        type: types,
        priority: fc.constantFrom("high" as const, "medium" as const, "low" as const),
        backend: fc.option(fc.constantFrom(...backendNames), { nil: undefined }),
      }),
      { maxLength: 4 },
    ),
    policy: policies,
  })
  .map(({ rules, policy }) => {
    const named = rules.map((rule, place) => ({ name: `rule-${place}`, ...rule }));
    return compileRuleSet(RuleSetSpec.parse({ rules: named, policy }), 1);
  });

const specs = fc
  .record({
    needs: fc.record(
      {
        executionSecondsEstimate: fc.integer({ min: 1, max: 2_000 }),
        memoryMb: fc.integer({ min: 128, max: 12_000 }),
        stateful: fc.boolean(),
        latencyMs: fc.integer({ min: 1, max: 500 }),
      },
      { requiredKeys: [] },
    ),
    policy: fc.option(policies, { nil: undefined }),
    stickyBackend: fc.option(fc.boolean(), { nil: undefined }),
    timeoutSeconds: fc.constantFrom(60, 900, 3_600),
    backends: fc.option(fc.shuffledSubarray(backendNames, { minLength: 1 }), { nil: undefined }),
  })
  .map((spec) => TaskSpec.parse({ ...spec, run: { package: { function: "work" } } }));

/** What was learned may have set the small backend aside, which overrides rules. */
const profiles: fc.Arbitrary<TaskProfile | undefined> = fc
  .constantFrom(undefined, "promoted")
  .map((kind) =>
    kind === undefined
      ? undefined
      : {
          tenant: "acme",
          task: "etl",
          taskVersion: 1,
          learned: {},
          placements: {
            b0: {
              promoted: true,
              sinceMs: 0,
              reason: "its runs outgrew lambda",
              fits: 0,
              tooSmall: { backend: "lambda", limitMs: 900_000 },
            },
          },
          flips: [],
          hourly: {},
        },
  );

const submissions = fc.record(
  {
    group: fc.constantFrom("night", "day"),
    tags: fc.constantFrom({ team: "red" }, { team: "blue" }),
    pinnedBackend: fc.constantFrom(...backendNames),
  },
  { requiredKeys: [] },
);

describe("a decision that is repeated", () => {
  it("by the same rules is the router's own, whatever it went by", () => {
    fc.assert(
      fc.property(
        specs,
        submissions,
        ruleSets,
        ruleSets,
        profiles,
        fc.boolean(),
        fc.constantFrom(10, 5_000),
        (spec, submission, decided, other, profile, retried, inputBytes) => {
          const instance = openInstance(submission, spec, retried);
          const backends = historyBackends;
          const facts = { spec, instance, inputBytes, backends, profile, nowMs: 0 };
          const receipt = route({ ...facts, rules: { active: decided, shadow: other } });
          fc.pre(receipt.chosen !== undefined);
          const source = whatIfRowOf(finished(instance, receipt), spec);
          if ("skipped" in source) throw new Error(source.skipped);
          expect(replay(source.row, decided)).toMatchObject({
            backend: receipt.chosen,
            rule: receipt.rule,
          });
          // By other rules it is what the router had said of them in shadow.
          expect(replay(source.row, other)).toMatchObject({
            backend: receipt.shadow?.chosen,
            rule: receipt.shadow?.rule,
          });
        },
      ),
      { numRuns: 400 },
    );
  });
});

function openInstance(submission: Partial<Instance>, spec: TaskSpec, retried: boolean): Instance {
  const { timeoutSeconds, priority } = spec;
  return {
    ...{ id: "ins_1", tenant: "acme", version: 1, task: "etl", taskVersion: 1, state: "pending" },
    ...{ createdAtMs: 0, dueAtMs: 0, timeoutSeconds, priority, round: 1, taskFailures: 0 },
    ...{ infraFailures: 0, submittedBy: "ada", history: [] },
    attemptCount: retried ? 1 : 0,
    attempts: retried ? [attempt(1, submission.pinnedBackend ?? "fargate")] : [],
    ...submission,
  };
}

function finished(instance: Instance, receipt: NonNullable<Attempt["receipt"]>): Instance {
  const newest = attempt(instance.attemptCount + 1, receipt.chosen ?? "");
  const attempts: readonly Attempt[] = [
    ...instance.attempts,
    { ...newest, outcome: "succeeded", receipt },
  ];
  return { ...instance, state: "succeeded", finishedAtMs: 10, attempts };
}

function attempt(number: number, backend: string): Attempt {
  return {
    ...{ number, id: `att_${number}`, token: "t", round: 1, backend },
    ...{ claimedAtMs: 0, startedAtMs: 5, finishedAtMs: 10, outcome: "failed" },
  };
}
