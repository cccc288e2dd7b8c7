import type { Backend } from "../../shared/ports/backend.ts";
import type { BackendCapabilities } from "../../shared/routing/backend-capabilities.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import {
  define,
  openYard,
  simpleTask,
  submit,
  type Yard,
  type YardOptions,
  yardBackend,
} from "./yard.ts";

/** A dollar for a hundred seconds, and half of it. */
const dear: BackendCapabilities = {
  ...yardBackend,
  pricing: { model: "pool", usdPerHour: 36, slots: 1 },
};
const cheap: BackendCapabilities = {
  ...dear,
  name: "cheap",
  startMsTypical: 5_000,
  type: "traditional",
  pricing: { model: "pool", usdPerHour: 18, slots: 1 },
};

/** A task whose attempts are expected to cost a dollar, or half a dollar where that is possible. */
export const dollarTask = {
  ...simpleTask,
  group: "batch",
  needs: { executionSecondsEstimate: 100 },
  timeoutSeconds: 300,
};

export interface BudgetYardOptions extends YardOptions {
  readonly withCheap?: boolean;
}

/** A yard whose attempts cost money, with the task "report" of the group "batch". */
export async function openBudgetYard(
  budget: object,
  { withCheap = false, ...options }: BudgetYardOptions = {},
): Promise<Yard> {
  const backends = withCheap ? [dear, cheap] : [dear];
  const yard = openYard({ routing: fixedRouting(backends), ...options });
  const [local] = yard.engine.backends.values();
  if (local !== undefined) (yard.engine.backends as Map<string, Backend>).set("cheap", local);
  await define(yard, "report", { ...dollarTask, policy: { name: "latency-first" } });
  await setBudget(yard, budget);
  return yard;
}

export async function setBudget(yard: Yard, budget: object): Promise<void> {
  await yard.call("PUT", "/v1/groups/batch", { body: { budget } });
}

/** Submits so many and has all of them looked at, one after the other; answers their ids. */
export async function submitReports(yard: Yard, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let nth = 0; nth < count; nth++) {
    ids.push(await submit(yard, { task: "report" }));
    await yard.dispatch();
  }
  return ids;
}

/** The instance's attempt ends well after so much time. */
export async function finish(yard: Yard, id: string, seconds: number): Promise<void> {
  await yard.report(id, { kind: "succeeded", output: 1, usage: { durationMs: seconds * 1_000 } });
}
