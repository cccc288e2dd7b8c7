import { describe, expect, it } from "vitest";
import { observeChanges } from "../../../functions/observe/observe-changes.ts";
import { auditInstance } from "../../../shared/instance/audit.ts";
import { routingTuning } from "../../../shared/routing/tuning.ts";
import { fargateFacts, lambdaFacts } from "../../fixtures/backend-facts.ts";
import { RoutingYard } from "../../fixtures/routing-yard.ts";

const run = {
  lambda: { functionArn: "arn:aws:lambda:eu-west-1:123456789012:function:report:live" },
  container: { family: "report" },
};
/** What Fargate takes to begin. */
const startMs = 45_000;
const timedOut = { kind: "failed", error: { class: "timeout", message: "timed out" } } as const;

async function openYard(): Promise<RoutingYard> {
  const yard = new RoutingYard([lambdaFacts, fargateFacts]);
  await yard.define("report", {
    run,
    needs: { executionSecondsEstimate: 20, memoryMb: 512 },
    timeoutSeconds: 3_600,
    retry: { jitter: false },
  });
  return yard;
}

/** An instance that outgrows Lambda and is finished by Fargate. */
async function outgrown(yard: RoutingYard): Promise<string> {
  const { id } = await yard.submit({ task: "report" });
  await yard.look(id);
  await yard.report(id, 900_000, timedOut);
  await yard.look(id);
  await yard.report(id, startMs, { kind: "started", atMs: yard.now + startMs });
  await yard.report(id, 1_200_000, { kind: "succeeded" });
  await yard.observe();
  return id;
}

describe("a task that needs more time than it says and than Lambda has", () => {
  it("is tried on Lambda with its time cut, and goes on to Fargate when that is over", async () => {
    const yard = await openYard();
    const submitted = await yard.submit({ task: "report" });
    const { id } = submitted;
    expect(submitted.attempts[0]).toMatchObject({ backend: "lambda", timeoutMs: 900_000 });
    await yard.look(id);
    expect(yard.orders[0]).toMatchObject({ timeoutMs: 900_000 });
    const after = await yard.report(id, 900_000, timedOut);
    expect(after).toMatchObject({ state: "pending", taskFailures: 0, infraFailures: 1 });
    expect(after.attempts[0]?.error).toEqual({
      class: "outgrown",
      message: "it needed more than the 900 s that lambda can give",
    });
    const again = await yard.look(id);
    expect(again.attempts[1]).toMatchObject({ backend: "fargate", memoryMb: 512 });
    expect(again.attempts[1]?.timeoutMs).toBeUndefined();
    expect(again.attempts[1]?.receipt?.reason).toBe(
      "Goes to fargate: attempt 1 needed more than the 900 s that lambda can give; only fargate can run it",
    );
    await yard.report(id, startMs, { kind: "started", atMs: yard.now + startMs });
    const done = await yard.report(id, 1_200_000, { kind: "succeeded" });
    expect(done.state).toBe("succeeded");
    expect(auditInstance(done)).toEqual([]);
  });

  it("goes to Fargate directly the next time, and the receipt says why", async () => {
    const yard = await openYard();
    await outgrown(yard);
    const next = await yard.submit({ task: "report" });
    const receipt = next.attempts[0]?.receipt;
    expect(next.attempts[0]?.backend).toBe("fargate");
    expect(receipt).toMatchObject({ chosen: "fargate", rule: "promoted" });
    expect(receipt?.reason).toBe(
      "Goes to fargate directly: the last run needed more than Lambda's 15 minutes (timed out after 900 s on 20 Nov); only fargate can run it",
    );
    expect((await yard.profile("report"))?.flips).toEqual([
      {
        atMs: Date.parse("2026-11-20T09:15:00Z"),
        to: "promoted",
        taskVersion: 1,
        sizeBucket: "b0",
        reason:
          "the last run needed more than Lambda's 15 minutes (timed out after 900 s on 20 Nov)",
      },
    ]);
  });

  it("comes back to Lambda after enough runs in a row that would have fit", async () => {
    const yard = await openYard();
    await outgrown(yard);
    for (let run = 0; run < routingTuning.demoteRuns; run++) {
      const { id, attempts } = await yard.submit({ task: "report" });
      expect(attempts[0]?.backend).toBe("fargate");
      await yard.look(id);
      await yard.report(id, startMs, { kind: "started", atMs: yard.now + startMs });
      await yard.report(id, 30_000, { kind: "succeeded" });
      await yard.observe();
    }
    const flips = (await yard.profile("report"))?.flips ?? [];
    expect(flips.map(({ to }) => to)).toEqual(["promoted", "demoted"]);
    const { attempts } = await yard.submit({ task: "report" });
    expect(attempts[0]).toMatchObject({ backend: "lambda", timeoutMs: 900_000 });
  });

  it("learns nothing twice from a batch that comes again", async () => {
    const yard = await openYard();
    await outgrown(yard);
    const before = await yard.profile("report");
    const page = await yard.store.changes("0", 1_000);
    const events = { publish: async () => undefined };
    await observeChanges({ ...yard.engine, events }, "test", page.changes);
    expect(await yard.profile("report")).toEqual(before);
    expect(before?.learned.lambda?.b0).toMatchObject({ runs: 1, timeouts: 1 });
    expect(before?.learned.fargate?.b0).toMatchObject({ runs: 1, timeouts: 0 });
  });
});

describe("a task that runs out of memory", () => {
  it("gets twice as much where sizes may differ, at once and from then on", async () => {
    const yard = new RoutingYard([fargateFacts]);
    await yard.define("resize", {
      run: { container: { family: "resize" } },
      needs: { memoryMb: 1_024 },
      retry: { delayMs: 0, jitter: false },
    });
    const { id, attempts } = await yard.submit({ task: "resize" });
    expect(attempts[0]).toMatchObject({ memoryMb: 1_024 });
    expect(attempts[0]?.receipt?.memoryMb).toBeUndefined();
    await yard.look(id);
    await yard.report(id, 500, { kind: "started", atMs: yard.now });
    const error = { class: "out_of_memory", message: "killed" } as const;
    await yard.report(id, 5_000, { kind: "failed", error });
    const again = await yard.look(id);
    expect(again.attempts[1]).toMatchObject({ memoryMb: 2_048, receipt: { memoryMb: 2_048 } });
    expect(yard.orders.map(({ memoryMb }) => memoryMb)).toEqual([1_024, 2_048]);
    await yard.observe();
    expect((await yard.profile("resize"))?.memoryMbFloor).toBe(2_048);
    const next = await yard.submit({ task: "resize" });
    expect(next.attempts[0]).toMatchObject({ memoryMb: 2_048 });
  });

  it("leaves a backend whose size is fixed", async () => {
    const yard = await openYard();
    const { id } = await yard.submit({ task: "report" });
    await yard.look(id);
    const error = { class: "out_of_memory", message: "killed" } as const;
    await yard.report(id, 5_000, { kind: "failed", error });
    const again = await yard.look(id);
    expect(again.attempts[1]).toMatchObject({ backend: "fargate", memoryMb: 1_024 });
    await yard.observe();
    const next = await yard.submit({ task: "report" });
    expect(next.attempts[0]?.receipt?.reason).toBe(
      "Goes to fargate directly: the last run needed more memory than Lambda's fixed size of 512 MB (on 20 Nov); only fargate can run it",
    );
  });
});
