import { describe, expect, it } from "vitest";
import type { Attempt } from "../../../shared/instance/instance.ts";
import { edgeFacts, fargateFacts, lambdaFacts } from "../../fixtures/backend-facts.ts";
import { exclusionsOf, learnedRuns, profileOf, routed } from "./route-maker.ts";

/** What is asked for, of which backend, and what is said against it. */
const cases = [
  [
    "a submission for another",
    {},
    { instance: { pinnedBackend: "fargate" } },
    "lambda",
    "the submission asks for fargate",
  ],
  [
    "the task's list",
    { backends: ["fargate"] },
    {},
    "lambda",
    "the task's list of backends does not name it",
  ],
  [
    "no target",
    { run: { command: { argv: ["a"] } } },
    {},
    "lambda",
    "the task has no run.package or run.lambda",
  ],
  [
    "time, when nothing is known",
    { timeoutSeconds: 3_600 },
    {},
    "lambda",
    "may need up to 3600 s, at most 900 s are possible",
  ],
  [
    "time, by what was declared",
    { timeoutSeconds: 3_600, needs: { executionSecondsEstimate: 1_000 } },
    {},
    "lambda",
    "its runs take about 1000 s, at most 900 s are possible",
  ],
  [
    "memory",
    { needs: { memoryMb: 20_480 } },
    {},
    "lambda",
    "needs 20480 MB of memory, at most 10240 MB are possible",
  ],
  ["cores", { needs: { cpuCores: 8 } }, {}, "lambda", "needs 8 cores, at most 6 are possible"],
  [
    "disk",
    { needs: { storageMb: 20_000 } },
    {},
    "lambda",
    "needs 20000 MB of disk, at most 10240 are possible",
  ],
  [
    "the input's size",
    {},
    { inputBytes: 2_000_000 },
    "lambda",
    "the input of 2000000 bytes exceeds 1000000",
  ],
  [
    "a label that it lacks",
    { needs: { placement: { site: "tokyo" } } },
    {},
    "lambda",
    "must run where site=tokyo; it has no site",
  ],
  [
    "another label",
    { needs: { placement: { site: "osaka" } } },
    {},
    "edge-tokyo",
    "must run where site=osaka; it has site=tokyo",
  ],
  [
    "data that stays where it is",
    { needs: { dataLocalityRequired: true } },
    {},
    "fargate",
    "must run beside its data, and this is no edge site",
  ],
  [
    "distance",
    { needs: { latencyMs: 5 } },
    {},
    "edge-tokyo",
    "is 8 ms away, at most 5 ms are wanted",
  ],
  [
    "a thin line",
    { needs: { networkMbps: 80 } },
    {},
    "edge-tokyo",
    "needs 80 Mbps, its line carries 50 Mbps",
  ],
] as const;

describe("what excludes a backend", () => {
  it.each(cases)("is %s, with the figures", (_name, spec, facts, backend, exclusion) => {
    const receipt = routed(spec as object, facts);
    expect(exclusionsOf(receipt, backend)).toEqual([exclusion]);
    expect(receipt.chosen).not.toBe(backend);
  });

  it.each([
    ["as much time as there is", { timeoutSeconds: 900 }],
    ["as much memory as there is", { needs: { memoryMb: 10_240 } }],
    ["as many cores as there are", { needs: { cpuCores: 6 } }],
  ])("is not %s", (_name, spec) => {
    expect(exclusionsOf(routed(spec), "lambda")).toEqual([]);
  });

  it("lets data that must stay run at its site alone, by the labels where there are any", () => {
    expect(routed({ needs: { dataLocalityRequired: true } }).chosen).toBe("edge-tokyo");
    const labels = { region: "eu-central-1" };
    const backends = [lambdaFacts, { ...fargateFacts, labels }, edgeFacts];
    const needs = { dataLocalityRequired: true, placement: labels };
    expect(routed({ needs }, { backends }).chosen).toBe("fargate");
  });
});

describe("time that a backend cuts", () => {
  const long = { timeoutSeconds: 3_600 };
  const backends = [lambdaFacts, fargateFacts];

  it("is allowed where the declared time fits with room to spare", () => {
    const receipt = routed({ ...long, needs: { executionSecondsEstimate: 20 } }, { backends });
    expect(receipt).toMatchObject({ chosen: "lambda", timeoutMs: 900_000 });
  });

  it("is avoided where the declared time hardly fits, unless there is nothing else", () => {
    const needs = { executionSecondsEstimate: 700 };
    const receipt = routed({ ...long, needs }, { backends });
    expect(receipt.chosen).toBe("fargate");
    expect(exclusionsOf(receipt, "lambda")[0]).toMatch(
      /^\d+ % of its runs may need more than 720 of the 900 s possible$/,
    );
    expect(routed({ ...long, needs }, { backends: [lambdaFacts] }).chosen).toBe("lambda");
  });

  it("is allowed once enough runs were short, wherever they ran", () => {
    const profile = (runs: number) => profileOf({ fargate: learnedRuns(runs, 20_000, 45_000) });
    expect(routed(long, { backends, profile: profile(4) }).chosen).toBe("fargate");
    expect(routed(long, { backends, profile: profile(5) }).chosen).toBe("lambda");
  });
});

/** An attempt on lambda that ended. */
const attempt = (facts: Partial<Attempt>): Attempt => ({
  number: 1,
  id: "att_1",
  token: "t",
  round: 1,
  backend: "lambda",
  claimedAtMs: 0,
  outcome: "timed_out",
  finishedAtMs: 1,
  ...facts,
});

describe("what an earlier attempt of the round ran into", () => {
  const backends = [lambdaFacts, fargateFacts];
  const outgrown = attempt({
    timeoutMs: 900_000,
    error: { class: "outgrown", message: "it needed more" },
  });
  const spec = { timeoutSeconds: 3_600, needs: { executionSecondsEstimate: 20 } };

  it("moves the next one, if there is another place", () => {
    const receipt = routed(spec, { backends, instance: { attempts: [outgrown] } });
    expect(receipt.chosen).toBe("fargate");
    expect(exclusionsOf(receipt, "lambda")).toEqual([
      "attempt 1 needed more than the 900 s that lambda can give",
    ]);
    const alone = routed(spec, { backends: [lambdaFacts], instance: { attempts: [outgrown] } });
    expect(alone.chosen).toBe("lambda");
  });

  it("does not matter in another round, nor when it was the task's own time that ran out", () => {
    const earlier = { backends, instance: { attempts: [outgrown], round: 2 } };
    expect(routed(spec, earlier).chosen).toBe("lambda");
    const own = attempt({ error: { class: "timeout", message: "too slow" } });
    expect(routed(spec, { backends, instance: { attempts: [own] } }).chosen).toBe("lambda");
  });

  it("waits for a bigger place that takes nothing at the moment, rather than going back", () => {
    const away = { ...fargateFacts, unavailable: "no room in the cluster" };
    const receipt = routed(spec, {
      backends: [lambdaFacts, away],
      instance: { attempts: [outgrown] },
    });
    expect(receipt.chosen).toBeUndefined();
    expect(receipt.candidates.map(({ temporary }) => temporary)).toEqual([undefined, true]);
  });

  it("doubles the memory where sizes may differ, up to what is possible", () => {
    const oom = attempt({
      backend: "fargate",
      memoryMb: 2_048,
      error: { class: "out_of_memory", message: "killed" },
    });
    const instance = { attempts: [oom] };
    const needs = { memoryMb: 1_024 };
    expect(routed({ needs }, { backends: [fargateFacts], instance })).toMatchObject({
      chosen: "fargate",
      memoryMb: 4_096,
    });
    const small = { ...fargateFacts, memoryMbMax: 3_072 };
    expect(routed({ needs }, { backends: [small], instance })).toMatchObject({ memoryMb: 3_072 });
    expect(routed({ needs }, { backends: [small, fargateFacts], instance })).toMatchObject({
      chosen: "fargate",
      memoryMb: 4_096,
    });
  });

  it("leaves a backend of one size when the memory ran out", () => {
    const oom = attempt({ error: { class: "out_of_memory", message: "killed" } });
    const receipt = routed({}, { backends, instance: { attempts: [oom] } });
    expect(receipt.chosen).toBe("fargate");
    expect(exclusionsOf(receipt, "lambda")).toEqual([
      "attempt 1 ran out of memory on lambda, whose size is fixed",
    ]);
  });
});

describe("a backend in trouble", () => {
  const backends = [lambdaFacts, fargateFacts];

  it("is left after two failures of its own, if another one takes work", () => {
    const busy = (number: number) =>
      attempt({
        number,
        id: `att_${number}`,
        outcome: "lost",
        error: { class: "throttled", message: "too many" },
      });
    const short = { needs: { executionSecondsEstimate: 20 } };
    const once = { backends, instance: { attempts: [busy(1)] } };
    expect(routed(short, once).chosen).toBe("lambda");
    const twice = { attempts: [busy(1), busy(2)] };
    const receipt = routed(short, { backends, instance: twice });
    expect(receipt.chosen).toBe("fargate");
    expect(exclusionsOf(receipt, "lambda")).toEqual([
      "the last 2 attempts found lambda in trouble (throttled)",
    ]);
    const away = { ...fargateFacts, unavailable: "no room in the cluster" };
    const stuck = { backends: [lambdaFacts, away], instance: twice };
    expect(routed(short, stuck).chosen).toBe("lambda");
  });
});

describe("a backend that takes nothing at the moment", () => {
  const away = { ...edgeFacts, unavailable: "none of its 3 workers has been heard of for 45 s" };

  it("is passed over while another can do it", () => {
    const receipt = routed({}, { backends: [away, lambdaFacts] });
    expect(receipt.chosen).toBe("lambda");
    expect(exclusionsOf(receipt, "edge-tokyo")).toEqual([away.unavailable]);
  });

  it("is told apart from one that can never do it", () => {
    const receipt = routed(
      { needs: { dataLocalityRequired: true } },
      { backends: [away, lambdaFacts] },
    );
    expect(receipt.chosen).toBeUndefined();
    expect(receipt.candidates.map(({ backend, temporary }) => [backend, temporary])).toEqual([
      ["edge-tokyo", true],
      ["lambda", undefined],
    ]);
  });
});
