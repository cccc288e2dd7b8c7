import { describe, expect, it } from "vitest";
import type { BudgetAction } from "../../../shared/group/budget.ts";
import type { Group } from "../../../shared/group/group.ts";
import type { BudgetReading } from "../../../shared/instance/explain-budgets.ts";
import { explainGates, type GateReadings } from "../../../shared/instance/explain-gates.ts";
import type { LimitReading } from "../../../shared/instance/explain-limits.ts";
import type { ExplainedGate } from "../../../shared/instance/explained-gate.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { definitionOf, openedBy, submittedAtMs as t0 } from "../instance/instance-maker.ts";

const definition = definitionOf({ group: "etl" });

function readings(more: Partial<GateReadings> = {}): GateReadings {
  const rules = { settings: undefined, groups: new Map<string, Group>() };
  return { nowMs: t0 + 1_000, definition, rules, limits: [], budgets: [], ...more };
}

function only(gates: readonly ExplainedGate[], kind: ExplainedGate["kind"]): ExplainedGate {
  const [gate, ...others] = gates.filter((each) => each.kind === kind);
  if (gate === undefined || others.length > 0) throw new Error(`not one gate of kind ${kind}`);
  return gate;
}

function budget(whenExhausted: BudgetAction, usedUsd: number, priceUsd: number): BudgetReading {
  return {
    state: {
      name: "group/etl",
      budget: { usdPerDay: 10, whenExhausted, timezone: "Europe/Berlin" },
      day: "2026-11-20",
      use: { usedMicroUsd: usedUsd * 1e6, reservedMicroUsd: 0 },
    },
    microUsd: priceUsd * 1e6,
  };
}

describe("budgets among the gates", () => {
  it("open with the next day of their own zone", () => {
    const gates = explainGates(
      openedBy(definition),
      readings({ budgets: [budget("queue", 9, 2)] }),
    );
    expect(only(gates, "budget")).toMatchObject({
      state: "waiting",
      opensAtMs: Date.parse("2026-11-20T23:00:00Z"),
      summary:
        "$9 of the $10 a day of group/etl are used, and $2 is expected on top; it waits for the next day or for more money",
      releases: [{ request: "PUT /v1/groups/etl", role: "admin" }],
    });
  });

  it("never open by themselves for what costs more than a whole day", () => {
    const gates = explainGates(
      openedBy(definition),
      readings({ budgets: [budget("queue", 0, 11)] }),
    );
    const gate = only(gates, "budget");
    expect([gate.state, gate.opensAtMs, gate.estimate]).toEqual(["waiting", undefined, undefined]);
  });

  it("wait for an approval where somebody is to be asked, and open with it", () => {
    const instance = openedBy(definition);
    const short = readings({ budgets: [budget("ask", 9, 2)] });
    expect(only(explainGates(instance, short), "approval")).toMatchObject({
      state: "waiting",
      releases: [{ request: `POST /v1/instances/${instance.id}/approve`, role: "operator" }, {}],
    });
    const approved: Instance = { ...instance, approvedBy: "bob" };
    expect(only(explainGates(approved, short), "approval")).toMatchObject({
      state: "open",
      summary: "bob approved it beyond the budget of group/etl",
    });
  });

  it("let it pass where the cheapest backend is taken instead", () => {
    const gates = explainGates(
      openedBy(definition),
      readings({ budgets: [budget("downgrade", 9, 2)] }),
    );
    expect(only(gates, "budget").state).toBe("open");
  });
});

describe("pauses among the gates", () => {
  const pause = { atMs: t0, by: "bob", reason: "incident 7" };
  const group = { name: "etl", tenant: "acme", paused: pause } as unknown as Group;

  it("are those of the task, the tenant and the group, each with who may end it", () => {
    const settings = {
      tenant: "acme",
      spec: {},
      stopped: { ...pause, kind: "off" as const },
      updatedAtMs: t0,
      updatedBy: "bob",
    };
    const rules = { settings, groups: new Map([["etl", group]]) };
    const gates = explainGates(openedBy(definition), readings({ rules, paused: pause }));
    expect(
      gates
        .filter(({ kind }) => kind === "pause")
        .map(({ gate, state, releases }) => [gate, state, releases[0]?.role]),
    ).toEqual([
      ["task/job", "waiting", "operator"],
      ["tenant", "closed", "admin"],
      ["group/etl", "closed", "operator"],
    ]);
  });

  it("say who paused and why", () => {
    const rules = { settings: undefined, groups: new Map([["etl", group]]) };
    const gates = explainGates(openedBy(definition), readings({ rules }));
    expect(only(gates, "pause").summary).toBe(
      "the group etl is paused, by bob since 2026-11-20T09:00:00.000Z: incident 7",
    );
  });
});

describe("slots among the gates", () => {
  const holders = [0, 1, 2].map((n) => ({
    attemptId: `att_${n}`,
    instanceId: `ins_${n}`,
    sinceMs: t0 - n * 1_000,
  }));
  const reading = (before: number, max: number): LimitReading => ({
    gate: { kind: "slots", gate: "limit/crm", max },
    shards: [{ gate: "limit/crm", holders }],
    before,
    beforeIsLeast: before >= 100,
  });
  const explained = (before: number, max: number) =>
    only(
      explainGates(
        openedBy(definition),
        readings({
          limits: [reading(before, max)],
          expectedRun: { runMs: 10_000, basis: "history" },
        }),
      ),
      "slots",
    );

  it.each([
    // The holders end at 8, 9 and 10 s after t0; each end gives the slot to the next in line.
    [0, 3, 8_000],
    [2, 3, 10_000],
    [3, 3, 18_000],
    [7, 3, 29_000],
    // The bound was lowered: two have to end before there is room for anybody.
    [0, 2, 9_000],
  ])("with %i before it and %i slots, it goes about %i ms after", (before, max, afterMs) => {
    expect(explained(before, max).estimate?.atMs).toBe(t0 + afterMs);
  });

  it("are open with room for all before it, and shut where others come first", () => {
    expect(explained(0, 4).state).toBe("open");
    expect(explained(1, 4)).toMatchObject({ state: "waiting", position: 2 });
  });

  it("say that a place is a least one where the line is longer than was looked at", () => {
    expect(explained(100, 3)).toMatchObject({
      position: 101,
      positionIsLeast: true,
      summary: "3 of 3 slots of limit/crm are taken; at least 100 are before it in line",
    });
  });

  it("name the longest holders first", () => {
    expect(explained(0, 3).holders?.map(({ instanceId }) => instanceId)).toEqual([
      "ins_2",
      "ins_1",
      "ins_0",
    ]);
  });
});
