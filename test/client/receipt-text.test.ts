import { describe, expect, it } from "vitest";
import { Output } from "../../client/cli/output.ts";
import { usdText, writeOutcome, writeReceipt } from "../../client/cli/render/receipt-text.ts";
import type { Terminal } from "../../client/cli/terminal.ts";
import { receiptToView } from "../../shared/contract/http/receipt-to-view.ts";
import type { Receipt } from "../../shared/routing/receipt.ts";
import { edgeFacts, fargateFacts, lambdaFacts } from "../fixtures/backend-facts.ts";
import { openRuleSet } from "../fixtures/fixed-routing.ts";
import { routed } from "../unit/routing/route-maker.ts";

/** What a receipt looks like on a terminal without colours. */
function linesOf(write: (output: Output) => void): readonly string[] {
  let text = "";
  const terminal = {
    out: (part: string) => {
      text += part;
    },
    outColours: false,
    errColours: false,
  };
  // Writing to results needs no more of a terminal than this.
  write(new Output(terminal as unknown as Terminal, "human"));
  return text.split("\n").filter((line) => line !== "");
}

const written = (receipt: Receipt): readonly string[] =>
  linesOf((output) => writeReceipt(output, receiptToView(receipt)));

describe("a receipt on the command line", () => {
  it("compares the candidates in one line", () => {
    const needs = { executionSecondsEstimate: 20, memoryMb: 512 };
    const backends = [lambdaFacts, fargateFacts];
    const lines = written(routed({ needs, timeoutSeconds: 3_600 }, { backends }));
    expect(lines).toEqual([
      "  goes to lambda: no rule decides; balanced at $0.0001/s prefers lambda",
      "  lambda 512 MB: $0.000134, 400 ms start, 20 s run · fargate 0.25 vCPU/512 MB: $0.000165, 45 s start, 20 s run. Chosen: lambda (fargate would cost +$0.000031 and take +44.6 s)",
      "  by open version 1, rule default_traditional_rule (traditional, medium), balanced at $0.0001/s, prices us-east-1-2026-11, 2026-11-20T09:00:00.000Z",
      "  gets 15 m at most, the backend's limit",
      "  knowing execution_time_estimate=20, memory_requirement=0.5, trigger_type=http, input_bytes=10",
    ]);
  });

  it("says who cannot run it and why, who only cannot now, and how likely a time-out is", () => {
    const away = { ...edgeFacts, unavailable: "no worker is there" };
    const needs = { executionSecondsEstimate: 200, memoryMb: 20_480 };
    const lines = written(routed({ needs }, { backends: [lambdaFacts, fargateFacts, away] }));
    expect(lines[1]).toMatch(/fargate 4 vCPU\/20 GB: .*, \d+ % risk of time-out · edge-tokyo: /);
    expect(lines[2]).toBe(
      "  lambda cannot run it: needs 20480 MB of memory, at most 10240 MB are possible",
    );
    expect(lines[3]).toContain("  edge-tokyo cannot");
  });

  it("tells of experiments and of rules in shadow", () => {
    const active = openRuleSet();
    const other = openRuleSet({ version: 7, policy: { name: "cost-first" } });
    const rules = { active, shadow: other, experiment: { candidate: other, percent: 100 } };
    const lines = written(routed({}, { rules }));
    expect(lines).toContain("  in an experiment: candidate, version 1 against 7");
    expect(lines.join("\n")).toMatch(
      /version 7 would have chosen [\w-]+ \(default_traditional_rule\)/,
    );
  });

  it("says what became of it, and what it would have cost elsewhere", () => {
    const lines = linesOf((output) =>
      writeOutcome(output, {
        actual: { waitMs: 420, runMs: 21_100, usd: 0.000141 },
        elsewhere: [
          { backend: "fargate", feasible: true, usd: 0.000168, ms: 66_100 },
          { backend: "edge", feasible: false, usd: 0, ms: 900_000, cutOff: true },
        ],
      }),
    );
    expect(lines).toEqual([
      "  was: $0.000141, 420 ms start, 21.1 s run (estimated by list prices)",
      "  on fargate it would have cost $0.000168 and taken about 1 m 6 s",
      "  on edge it would have cost $0 and taken about 15 m, and been cut off",
    ]);
  });
});

describe("a price on the command line", () => {
  it.each([
    [0, "$0"],
    [0.00226, "$0.00226"],
    [0.0000001234, "$0.000000123"],
    [1.5, "$1.50"],
    [-0.0003, "-$0.0003"],
  ])("%d is %s", (usd, text) => {
    expect(usdText(usd)).toBe(text);
  });
});
