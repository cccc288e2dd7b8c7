import type * as z from "zod";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Sketch } from "../../../shared/rollup/sketch.ts";
import { emptyProfile } from "../../../shared/routing/learn.ts";
import { withValue } from "../../../shared/routing/learned-sketch.ts";
import type { LearnedRuns, TaskProfile } from "../../../shared/routing/profile.ts";
import type { Receipt } from "../../../shared/routing/receipt.ts";
import { type RouteFacts, route } from "../../../shared/routing/route.ts";
import type { Classification } from "../../../shared/routing/rules/rule-set.ts";
import type { TaskSpec } from "../../../shared/task/task.ts";
import { edgeFacts, fargateFacts, lambdaFacts } from "../../fixtures/backend-facts.ts";
import { openRuleSet } from "../../fixtures/fixed-routing.ts";
import { definitionOf, openedBy, submittedAtMs } from "../instance/instance-maker.ts";

export const everywhere = [lambdaFacts, fargateFacts, edgeFacts];

/** Facts of a submission of a task that all three backends could run, but for what a test says. */
export function factsOf(
  spec: Partial<z.input<typeof TaskSpec>> = {},
  facts: Partial<Omit<RouteFacts, "instance">> & { readonly instance?: Partial<Instance> } = {},
): RouteFacts {
  const definition = definitionOf({
    run: { package: { function: "job" }, command: { argv: ["job"] } },
    ...spec,
  });
  return {
    spec: definition.spec,
    inputBytes: 10,
    backends: everywhere,
    rules: { active: openRuleSet() },
    nowMs: submittedAtMs,
    ...facts,
    instance: { ...openedBy(definition), ...facts.instance },
  };
}

export function routed(...from: Parameters<typeof factsOf>): Receipt {
  return route(factsOf(...from));
}

/** Rules that always say this. */
export function saying(classification: Partial<Classification>): RouteFacts["rules"] {
  const always: Classification = {
    rule: "always",
    type: "serverless",
    priority: "high",
    reason: "it is always so",
    open: false,
    ...classification,
  };
  return { active: openRuleSet({ classify: () => always }) };
}

/** Why a backend was left out. */
export function exclusionsOf(receipt: Receipt, backend: string): readonly string[] {
  return receipt.candidates.find(({ backend: name }) => name === backend)?.exclusions ?? [];
}

/** What so many runs on a backend teach, all of one length. */
export function learnedRuns(count: number, runMs: number, waitMs = 400): LearnedRuns {
  let runs: Sketch = {};
  let waits: Sketch = {};
  for (let run = 0; run < count; run++) {
    runs = withValue(runs, runMs);
    waits = withValue(waits, waitMs);
  }
  return {
    runMs: runs,
    waitMs: waits,
    memoryMb: {},
    runs: count,
    timeouts: 0,
    outOfMemory: 0,
    lastAtMs: submittedAtMs,
  };
}

/** A profile of the task "job" for small inputs. */
export function profileOf(
  learned: Readonly<Record<string, LearnedRuns>>,
  more: Partial<TaskProfile> = {},
): TaskProfile {
  return {
    ...emptyProfile("acme", "job", 1),
    learned: Object.fromEntries(
      Object.entries(learned).map(([backend, runs]) => [backend, { b0: runs }]),
    ),
    ...more,
  };
}
