import { describe, expect, it } from "vitest";
import type { Attempt } from "../../../shared/instance/instance.ts";
import { edgeFacts, fargateFacts, lambdaFacts } from "../../fixtures/backend-facts.ts";
import { openRuleSet } from "../../fixtures/fixed-routing.ts";
import { learnedRuns, profileOf, routed, saying } from "./route-maker.ts";

const backends = [lambdaFacts, fargateFacts];
/** Long enough that Fargate is cheaper, short enough for Lambda. */
const long = { needs: { executionSecondsEstimate: 400, memoryMb: 2_048, cpuCores: 0.5 } };

describe("a policy", () => {
  it.each([
    [{ name: "latency-first" }, "lambda"],
    [{ name: "cost-first" }, "fargate"],
    [{ name: "balanced", usdPerSecond: 0 }, "fargate"],
    [{ name: "balanced", usdPerSecond: 0.1 }, "lambda"],
  ] as const)("%j prefers %s for a long run", (policy, chosen) => {
    const receipt = routed({ ...long, policy }, { backends });
    expect(receipt.chosen).toBe(chosen);
    expect(receipt.margin?.over).toBe(chosen === "lambda" ? "fargate" : "lambda");
  });

  it("of the task comes before the rules'", () => {
    const rules = { active: openRuleSet({ policy: { name: "latency-first" } }) };
    expect(routed(long, { backends, rules }).chosen).toBe("lambda");
    const policy = { name: "cost-first" } as const;
    expect(routed({ ...long, policy }, { backends, rules })).toMatchObject({
      chosen: "fargate",
      policy: "cost-first",
    });
  });

  it("leaves equals in their order, the task's own first", () => {
    const twins = [lambdaFacts, { ...lambdaFacts, name: "lambda-two" }];
    expect(routed({}, { backends: twins }).chosen).toBe("lambda");
    const spec = { backends: ["lambda-two", "lambda"] };
    expect(routed(spec, { backends: twins }).chosen).toBe("lambda-two");
  });

  it("counts the line in front of a pool", () => {
    const policy = { name: "latency-first" } as const;
    const edge = (queued: number) => ({ backends: [lambdaFacts, { ...edgeFacts, queued }] });
    expect(routed({ policy }, edge(0)).chosen).toBe("edge-tokyo");
    expect(routed({ policy }, edge(100)).chosen).toBe("lambda");
  });
});

describe("a rule", () => {
  it("that names a type leaves the policy to choose among its backends only", () => {
    const rules = saying({ type: "traditional" });
    const policy = { name: "latency-first" } as const;
    const receipt = routed({ policy }, { rules });
    expect(receipt).toMatchObject({ chosen: "fargate", rule: "always", type: "traditional" });
    expect(receipt.reason).toBe("always says traditional, and fargate is that: it is always so");
  });

  it("that names a backend gets it while it can run it", () => {
    const rules = saying({ backend: "fargate" });
    expect(routed({}, { rules }).chosen).toBe("fargate");
    const away = [lambdaFacts, { ...fargateFacts, unavailable: "full" }];
    expect(routed({}, { rules, backends: away })).toMatchObject({ chosen: "lambda" });
  });

  it("whose type nobody has gives way, and the receipt says so", () => {
    const rules = saying({ type: "edge" });
    const receipt = routed({}, { rules, backends });
    expect(receipt).toMatchObject({ chosen: "lambda", type: "edge" });
    expect(receipt.reason).toBe(
      "always says edge, which nothing here can do for it; balanced at $0.0001/s prefers lambda",
    );
  });

  it("gives way to what was learned", () => {
    const reason = "the last run needed more than Lambda's 15 minutes";
    const placement = {
      promoted: true,
      sinceMs: 0,
      reason,
      fits: 0,
      tooSmall: { backend: "lambda", limitMs: 900_000 },
    };
    const profile = profileOf({}, { placements: { b0: placement } });
    const rules = saying({ type: "serverless" });
    const receipt = routed({}, { rules, backends, profile });
    expect(receipt).toMatchObject({ chosen: "fargate", rule: "promoted", type: "traditional" });
    expect(receipt.reason).toBe(`Goes to fargate directly: ${reason}; only fargate can run it`);
    expect(routed({}, { rules, backends, profile, inputBytes: 5_000 }).chosen).toBe("lambda");
    expect(routed({}, { rules, backends: [lambdaFacts], profile }).chosen).toBe("lambda");
    const pinned = { instance: { pinnedBackend: "lambda" }, rules, backends, profile };
    expect(routed({}, pinned)).toMatchObject({ chosen: "lambda", rule: "always" });
  });
});

describe("an instance's own wishes", () => {
  const first: Attempt = {
    number: 1,
    id: "att_1",
    token: "t",
    round: 1,
    backend: "fargate",
    claimedAtMs: 0,
    outcome: "failed",
    finishedAtMs: 1,
    error: { class: "error", message: "no" },
  };

  it("pin it to one backend, whatever the rules say", () => {
    const receipt = routed({}, { instance: { pinnedBackend: "fargate" }, rules: saying({}) });
    expect(receipt).toMatchObject({
      chosen: "fargate",
      reason: "the submission asks for fargate",
    });
    expect(receipt.margin).toBeUndefined();
  });

  it("keep retries where the first attempt was, while that is feasible", () => {
    const instance = { attempts: [first] };
    expect(routed({}, { backends, instance }).chosen).toBe("lambda");
    const sticky = { stickyBackend: true };
    expect(routed(sticky, { backends, instance })).toMatchObject({
      chosen: "fargate",
      reason: "retries stay on fargate, where the first attempt went",
    });
    expect(routed(sticky, { backends: [lambdaFacts], instance }).chosen).toBe("lambda");
    expect(routed(sticky, { backends, instance: { ...instance, round: 2 } }).chosen).toBe("lambda");
  });
});

describe("a prediction", () => {
  const predicted = (receipt: ReturnType<typeof routed>, backend: string) =>
    receipt.candidates.find(({ backend: name }) => name === backend)?.predicted;

  it("rests on what is declared until there are enough runs, then on the runs", () => {
    const spec = { needs: { executionSecondsEstimate: 20 } };
    const runMs = (runs: number): number | undefined => {
      const profile = profileOf({ lambda: learnedRuns(runs, 2_000) });
      return predicted(routed(spec, { profile }), "lambda")?.runMs;
    };
    expect(runMs(0)).toBe(20_000);
    expect(runMs(5)).toBeGreaterThan(1_850);
    expect(runMs(5)).toBeLessThan(2_150);
    expect(runMs(2)).toBeGreaterThan(10_000);
    expect(runMs(2)).toBeLessThan(20_000);
  });

  it("goes by inputs of like size", () => {
    const profile = profileOf({ lambda: learnedRuns(20, 2_000) });
    const both = {
      ...profile,
      learned: { lambda: { ...profile.learned.lambda, b3: learnedRuns(20, 60_000) } },
    };
    const small = predicted(routed({}, { profile: both, inputBytes: 10 }), "lambda");
    const large = predicted(routed({}, { profile: both, inputBytes: 500_000 }), "lambda");
    expect(large?.runMs).toBeGreaterThan(20 * (small?.runMs ?? 0));
  });

  it("of a backend without runs goes by those elsewhere, and by its own typical wait", () => {
    const profile = profileOf({ fargate: learnedRuns(20, 2_000, 31_000) });
    const receipt = routed({}, { profile });
    expect(predicted(receipt, "lambda")?.runMs).toBe(predicted(receipt, "fargate")?.runMs);
    expect(predicted(receipt, "lambda")?.waitMs).toBe(400);
    expect(Math.abs((predicted(receipt, "fargate")?.waitMs ?? 0) - 31_000)).toBeLessThan(2_500);
  });

  it("says how likely a time-out is", () => {
    const profile = profileOf({ lambda: learnedRuns(100, 250_000) });
    const risk = (timeoutSeconds: number) =>
      predicted(routed({ timeoutSeconds }, { profile }), "lambda")?.timeoutRisk;
    expect(risk(300)).toBe(1);
    expect(risk(600)).toBe(0);
  });
});

describe("the rules that decide", () => {
  const candidate = openRuleSet({ version: 2, policy: { name: "cost-first" } });
  const active = openRuleSet({ version: 1, policy: { name: "latency-first" } });

  it("are those of the instance's side of an experiment, always the same", () => {
    const rules = { active, experiment: { candidate, percent: 20 } };
    const arms = Array.from({ length: 5_000 }, (_, n) => {
      const id = `ins_01m7w2y7m0${n.toString(36).padStart(6, "0")}`;
      const receipt = routed(long, { backends, rules, instance: { id } });
      expect(routed(long, { backends, rules, instance: { id } })).toEqual(receipt);
      expect(receipt.chosen).toBe(receipt.experiment?.arm === "candidate" ? "fargate" : "lambda");
      return receipt.experiment?.arm;
    });
    const share = arms.filter((arm) => arm === "candidate").length / arms.length;
    expect(share).toBeGreaterThan(0.18);
    expect(share).toBeLessThan(0.22);
  });

  it("are all or none at the ends of the scale", () => {
    for (let n = 0; n < 200; n++) {
      const instance = { id: `ins_${n}` };
      const none = { active, experiment: { candidate, percent: 0 } };
      expect(routed({}, { rules: none, instance }).experiment?.arm).toBe("control");
      const all = { active, experiment: { candidate, percent: 100 } };
      expect(routed({}, { rules: all, instance }).experiment?.arm).toBe("candidate");
    }
  });

  it("are only noted down in shadow", () => {
    const receipt = routed(long, { backends, rules: { active, shadow: candidate } });
    expect(receipt).toMatchObject({
      chosen: "lambda",
      rules: { version: 1 },
      shadow: { version: 2, rule: "default_traditional_rule", chosen: "fargate" },
    });
  });
});
