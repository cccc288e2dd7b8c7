import { describe, expect, it } from "vitest";
import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import { lookAtInstance } from "../../../functions/dispatch/look-at-instance.ts";
import { openDefinitions } from "../../../functions/runtime/definitions.ts";
import type { RunningEngine } from "../../../functions/runtime/engine.ts";
import { openGateSource } from "../../../functions/runtime/gate-source.ts";
import { silentLog } from "../../../functions/runtime/json-log.ts";
import { openIds } from "../../../functions/runtime/system-ports.ts";
import { submitInstances } from "../../../functions/submission/submit-instances.ts";
import { defineTask } from "../../../functions/tasks/define-task.ts";
import type { AttemptOrder, Backend } from "../../../shared/ports/backend.ts";
import { priceBy } from "../../../shared/pricing/price-run.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import { backendFacts } from "../../fixtures/backend-facts.ts";
import { fixedRouting } from "../../fixtures/fixed-routing.ts";

const nowMs = Date.parse("2026-11-20T12:00:00Z");
const admin = { tenant: "acme", actor: "test", role: "admin" } as const;

/** The order that a backend gets for a task with these time limits. */
async function orderOf(reportsStart: boolean, times: object): Promise<AttemptOrder> {
  const orders: AttemptOrder[] = [];
  const backend: Backend = {
    capabilities: backendFacts({
      name: "line",
      type: "serverless",
      targets: ["function"],
      timeoutSecondsMax: 900,
      memoryMbMax: 1_024,
      inputBytesMax: 1_000,
      startIsIdempotent: true,
      reportsStart,
    }),
    start: async (order) => {
      orders.push(order);
      return { outcome: "accepted" };
    },
    stop: async () => undefined,
    inspect: async () => "unknown",
    price: priceBy({ model: "free" }),
  };
  const store = openMemoryStore();
  const engine: RunningEngine = {
    store,
    clock: { now: () => nowMs },
    random: { next: () => 0.5 },
    ids: openIds(),
    log: silentLog,
    hints: { send: async () => undefined },
    definitions: openDefinitions(store),
    gates: openGateSource({ store, clock: { now: () => nowMs } }),
    routing: fixedRouting([backend.capabilities]),
    backends: new Map([["line", backend]]),
  };
  const spec = TaskSpec.parse({ run: { function: { module: "a.mjs" } }, ...times });
  await defineTask(engine, admin, "job", spec);
  const [submitted] = await submitInstances(engine, admin, [{ task: "job" }]);
  if (submitted?.outcome !== "accepted") throw new Error("the submission was refused");
  await lookAtInstance(engine, "acme", submitted.instance.id);
  const [order] = orders;
  if (order === undefined) throw new Error("nothing was started");
  return order;
}

describe("the time that an attempt's order gives", () => {
  it("runs from the hand-over where nobody says when the attempt begins", async () => {
    const order = await orderOf(false, { timeoutSeconds: 10 });
    expect(order).toMatchObject({ timeoutMs: 10_000, deadlineAtMs: nowMs + 10_000 });
  });

  it("is not used up by waiting in line where the backend reports the start", async () => {
    const order = await orderOf(true, { timeoutSeconds: 10 });
    expect(order.timeoutMs).toBe(10_000);
    expect(order.deadlineAtMs).toBeGreaterThan(nowMs + 86_400_000);
  });

  it("never goes beyond the total time", async () => {
    const order = await orderOf(true, { timeoutSeconds: 10, totalTimeoutSeconds: 4 });
    expect(order).toMatchObject({ timeoutMs: 4_000, deadlineAtMs: nowMs + 4_000 });
  });
});
