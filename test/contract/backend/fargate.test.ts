import { ECSClient } from "@aws-sdk/client-ecs";
import {
  fargateClientDefaults,
  openFargateBackend,
} from "../../../functions/adapters/aws/fargate/fargate-backend.ts";
import { completionReader } from "../../../functions/complete/completion-message.ts";
import { openIds } from "../../../functions/runtime/system-ports.ts";
import type { AttemptOrder, AttemptRef, AttemptReport } from "../../../shared/ports/backend.ts";
import { fargatePlace } from "../../handlers/fargate-place.ts";
import { brokenDown, startAwsStub } from "../../handlers/stub/aws-stub.ts";
import { clientSettings, impatientPace } from "../../handlers/stub/local-clients.ts";
import { type StubTask, stubClusterArn, type TaskEnd } from "../../handlers/stub/stub-ecs.ts";
import { describeBackend } from "./backend-contract.ts";
import type { BackendHarness, BackendWorld, Behaviour } from "./backend-harness.ts";

type Said =
  | { readonly kind: "succeeded"; readonly output?: { ok: true } }
  | "error"
  | "timeout"
  | "huge";

/** What the runner reports, if it can, and how its container ends. */
const plays: Readonly<{
  [Each in Exclude<Behaviour, "endless">]: readonly [Said | undefined, TaskEnd];
}> = {
  result: [{ kind: "succeeded", output: { ok: true } }, { exitCode: 0 }],
  nothing: [{ kind: "succeeded" }, { exitCode: 0 }],
  error: ["error", { exitCode: 1 }],
  timeout: ["timeout", { exitCode: 1 }],
  huge: ["huge", { exitCode: 1 }],
  crash: [undefined, { exitCode: 139 }],
  memory: [
    undefined,
    { exitCode: 137, containerReason: "OutOfMemoryError: Container killed due to memory usage" },
  ],
};

const errors = {
  error: { class: "error", message: "no width" },
  timeout: { class: "timeout", message: "it took longer than it may" },
  huge: { class: "invalid_output", message: "the output is too large" },
} as const;

/** ECS as a stub; in its containers, a runner that speaks as the real one does. */
async function openFargate({ record }: BackendWorld): Promise<BackendHarness> {
  const stub = await startAwsStub();
  stub.ecs.families.add(fargatePlace.runnerFamilies.node);
  const client = new ECSClient({ ...clientSettings(stub.endpoint), ...fargateClientDefaults });
  const read = completionReader(stubClusterArn);
  const begun = new Set<string>();
  const tokens = new Map<string, string>();
  const pace = { ...impatientPace(), clock: { now: () => Date.now() } };
  const backend = openFargateBackend({
    ...fargatePlace,
    client,
    spot: "prefer",
    ids: openIds(),
    pace,
  });
  const tasksOf = ({ attemptId }: AttemptRef) =>
    stub.ecs.tasks.filter(({ input }) => input.startedBy === attemptId);
  const fromOf = (attempt: AttemptRef, task: StubTask) => ({
    tenant: attempt.tenant,
    instanceId: attempt.instanceId,
    attemptId: attempt.attemptId,
    // What a runner gets for its begin; the control plane of this test hands it over with the order.
    token: tokens.get(attempt.attemptId) ?? "",
    externalId: task.arn,
  });

  async function deliver(event: string): Promise<void> {
    const reading = read(event);
    if (reading.outcome === "unreadable") throw new Error(reading.reason);
    if (reading.outcome === "read") await record([reading.value]);
  }

  /** True when the control plane gives this container the order: then its code runs. */
  async function begin(attempt: AttemptRef, task: StubTask): Promise<boolean> {
    await deliver(stub.ecs.begin(task));
    const started = { ...fromOf(attempt, task), kind: "started", atMs: Date.now() } as const;
    const [recorded] = await record([started]);
    const granted = recorded?.result.outcome === "changed";
    if (granted) begun.add(task.arn);
    return granted;
  }

  return {
    backend: {
      ...backend,
      start(order: AttemptOrder) {
        tokens.set(order.attemptId, order.token);
        return backend.start(order);
      },
    },
    faults: {
      loseAnswer: () => stub.fail("ecs", { kind: "apply-then-cut" }),
      loseStart: () => stub.fail("ecs", brokenDown, brokenDown, brokenDown),
      fill() {
        const reason = "Capacity is unavailable at this time. Please try again later";
        stub.ecs.full.set("FARGATE", reason).set("FARGATE_SPOT", reason);
        return () => stub.ecs.full.clear();
      },
    },
    taskFor: () => ({ run: { function: { module: "job.mjs" } } }),
    async finish(attempt, behaviour) {
      if (behaviour === "endless") throw new Error("an endless run has no end");
      const [said, end] = plays[behaviour];
      for (const task of tasksOf(attempt)) {
        const granted = await begin(attempt, task);
        if (granted && said !== undefined) await record([reportOf(fromOf(attempt, task), said)]);
        await deliver(stub.ecs.end(task, granted ? end : { exitCode: 0 }));
      }
    },
    async begun(attempt) {
      for (const task of tasksOf(attempt)) await begin(attempt, task);
    },
    async stopped(attempt) {
      for (const task of tasksOf(attempt)) {
        if (task.lastStatus !== "STOPPED") throw new Error("it was not stopped");
        await deliver(stub.ecs.eventOf(task));
      }
    },
    runsOf: async (attempt) => tasksOf(attempt).filter(({ arn }) => begun.has(arn)).length,
    async close() {
      client.destroy();
      await stub.close();
    },
  };
}

function reportOf(from: Pick<AttemptReport, "tenant" | "instanceId" | "attemptId">, said: Said) {
  return (
    typeof said === "string"
      ? { ...from, kind: "failed", error: errors[said] }
      : { ...from, ...said }
  ) satisfies AttemptReport;
}

describeBackend(
  "Fargate",
  { startIsIdempotent: true, stops: true, sees: true, faults: ["loseAnswer", "loseStart", "fill"] },
  openFargate,
);
