import { describe, expect, it } from "vitest";
import { Lines } from "../../functions/runtime/lines.ts";
import { type SubmitResult, submitInstances } from "../../functions/submission/submit-instances.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { embeddedBench } from "../contract/store/embedded-bench.ts";
import { admin, define, openYard, simpleTask, type Yard } from "./yard.ts";

const bench = embeddedBench();

async function embeddedYard(spec: object): Promise<Yard> {
  const embedded = await bench.openAt(bench.directory);
  const yard = openYard({ wrapStore: () => embedded });
  await define(yard, "index", { ...simpleTask, ...spec });
  return yard;
}

/** So many requests at the same moment, spread over processes that each let theirs take turns. */
async function burst(
  yard: Yard,
  requests: number,
  processes: number,
): Promise<readonly SubmitResult[]> {
  const engines = Array.from({ length: processes }, () => ({ ...yard.engine, lines: new Lines() }));
  const results = await Promise.all(
    Array.from({ length: requests }, (_, input) =>
      submitInstances(engines[input % processes] ?? yard.engine, admin, [
        { task: "index", input, idempotencyKey: `k${input}` },
      ]),
    ),
  );
  return results.flat();
}

async function instancesOf(yard: Yard, results: readonly SubmitResult[]) {
  const ids = results.flatMap((result) =>
    result.outcome === "accepted" ? [result.instance.id] : [],
  );
  const found = new Map<string, Instance>();
  for (const id of new Set(ids)) {
    const reply = await yard.call("GET", `/v1/instances/${id}`);
    found.set(id, reply.body);
  }
  return { ids, found };
}

describe("a burst over the embedded store", () => {
  it.each([1, 4])("is gathered without losing or doubling one, from %i processes", async (n) => {
    const yard = await embeddedYard({ gather: { mode: "batch", seconds: 60, max: 400 } });
    const results = await burst(yard, 1_000, n);
    const { found } = await instancesOf(yard, results);
    const kept = [...found.values()].flatMap(({ input }) => (input as { items: number[] }).items);
    const accepted = results.flatMap(({ outcome }, input) =>
      outcome === "accepted" ? [input] : [],
    );
    expect([...kept].sort((a, b) => a - b)).toEqual(accepted);
    const refusals = results.flatMap((result) =>
      result.outcome === "rejected" ? [result.rejection.code] : [],
    );
    expect(new Set(refusals).size).toBeLessThanOrEqual(n === 1 ? 0 : 1);
    expect(refusals.every((code) => code === "too_many_requests")).toBe(true);
  });

  it.each([1, 4])("opens exactly one singleton, from %i processes", async (processes) => {
    const yard = await embeddedYard({ singleton: {} });
    const results = await burst(yard, 500, processes);
    const { ids, found } = await instancesOf(yard, results);
    expect([ids.length, found.size]).toEqual([500, 1]);
    const opened = results.filter((result) => result.outcome === "accepted" && !result.repeated);
    expect(opened).toHaveLength(1);
  });
});
