import { describe, expect, it } from "vitest";
import { hintFor } from "../../../functions/runtime/wake-hints.ts";
import { limits } from "../../../shared/core/limits.ts";
import { auditInstance } from "../../../shared/instance/audit.ts";
import { explain } from "../../../shared/instance/explain.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";
import type { Receipt } from "../../../shared/routing/receipt.ts";
import { route } from "../../../shared/routing/route.ts";
import { edgeFacts } from "../../fixtures/backend-facts.ts";
import { openRuleSet } from "../../fixtures/fixed-routing.ts";
import { RoutingYard } from "../../fixtures/routing-yard.ts";
import { definitionOf } from "../instance/instance-maker.ts";

/** Takes orders directly: what is behind a pool does not matter here. */
const { pull: _, ...edge } = edgeFacts;
const full = { ...edge, unavailable: "none of its workers has been heard of" };

const definition = definitionOf({ run: { command: { argv: ["measure"] } } });

function plannedFor(instance: Instance, backends: readonly BackendCapabilities[]): Receipt {
  const { spec } = definition;
  const rules = { active: openRuleSet() };
  return route({ spec, instance, inputBytes: 0, backends, rules, nowMs: 0 });
}

/** A yard whose only pool takes nothing, with one instance that waits for it. */
async function waitingYard() {
  const yard = new RoutingYard([edge]);
  yard.backends[0] = full;
  await yard.define("measure", { run: { command: { argv: ["measure"] } } });
  const submitted = await yard.submit({ task: "measure" });
  return { yard, submitted, id: submitted.id };
}

describe("an instance whose only backend takes nothing at the moment", () => {
  it("is accepted and waits, with a wake soon", async () => {
    const { yard, submitted } = await waitingYard();
    expect(submitted).toMatchObject({ state: "pending", waiting: "capacity", version: 1 });
    expect(submitted.attempts).toEqual([]);
    expect(submitted.wakeAtMs).toBe(yard.now + limits.capacityRecheckMsMin);
    expect(auditInstance(submitted)).toEqual([]);
    expect(hintFor(submitted, yard.now)).toMatchObject({ notBeforeMs: submitted.wakeAtMs });
  });

  it("is looked at less and less often, but at least every two minutes", async () => {
    const { yard, id } = await waitingYard();
    const waits: number[] = [];
    for (let look = 0; look < 12; look++) {
      const { wakeAtMs = 0 } = await yard.look(id);
      waits.push(wakeAtMs - yard.now);
    }
    expect(waits).toEqual(waits.toSorted((left, right) => left - right));
    expect(waits[0]).toBe(limits.capacityRecheckMsMin);
    expect(waits.at(-1)).toBe(limits.capacityRecheckMsMax);
    const instance = await yard.instance(id);
    expect(instance.history).toHaveLength(2);
    expect(instance.history[1]).toMatchObject({ command: "hold", count: 12 });
    expect(auditInstance(instance)).toEqual([]);
  });

  it("is not written again by looks that come before its wake", async () => {
    const { yard, id } = await waitingYard();
    yard.now += 1_000;
    expect((await yard.lookNow(id)).version).toBe(1);
  });

  it("runs as soon as the backend takes work again", async () => {
    const { yard, id } = await waitingYard();
    await yard.look(id);
    yard.backends[0] = edge;
    const claimed = await yard.look(id);
    expect(claimed).toMatchObject({ state: "dispatched", attempts: [{ backend: "edge-tokyo" }] });
    expect(claimed.waiting).toBeUndefined();
    expect(auditInstance(claimed)).toEqual([]);
  });

  it("still ends when its last moment to start has passed", async () => {
    const { yard } = await waitingYard();
    const startBy = new Date(yard.now + 12_000).toISOString();
    const { id } = await yard.submit({ task: "measure", startBy });
    for (let look = 0; look < 3; look++) await yard.look(id);
    expect((await yard.instance(id)).state).toBe("expired");
  });

  it("fails at once when nothing that is there could ever run it", async () => {
    const { yard, id } = await waitingYard();
    yard.backends[0] = { ...full, targets: ["container"] };
    const rejected = await yard.look(id);
    expect(rejected).toMatchObject({ state: "failed", error: { class: "missing_function" } });
  });

  it("says what it waits for, and what each other backend lacks", async () => {
    const { yard, submitted } = await waitingYard();
    const planned = plannedFor(submitted, [full, { ...full, name: "far", targets: ["container"] }]);
    const told = explain(submitted, { nowMs: yard.now, definition: definition, planned });
    expect(told.summary).toBe("It waits for edge-tokyo to take work again.");
    expect(told.facts).toEqual([
      "edge-tokyo: none of its workers has been heard of",
      "far: the task has no run.container",
    ]);
    expect(told.nextAtMs).toBe(submitted.wakeAtMs);
    const later = plannedFor(submitted, [edge]);
    expect(
      explain(submitted, { nowMs: yard.now, definition: definition, planned: later }).summary,
    ).toBe("It waited for a backend to take it; edge-tokyo does now.");
  });
});
