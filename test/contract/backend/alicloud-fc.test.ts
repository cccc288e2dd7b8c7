import { openFcBackend } from "../../../functions/adapters/alicloud/fc-backend.ts";
import { openFcPlatform } from "../../../functions/adapters/alicloud/fc-platform.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { limits } from "../../../shared/core/limits.ts";
import { versionNameOf } from "../../../shared/function/lambda-name.ts";
import type { AttemptRef } from "../../../shared/ports/backend.ts";
import { startFcRig } from "../platform/fc-rig.ts";
import { versionOf } from "../platform/platform-suite.ts";
import { describeBackend } from "./backend-contract.ts";
import type { BackendHarness, BackendWorld, Behaviour } from "./backend-harness.ts";

/** What Function Compute says of each behaviour once its task is over. */
const ends: Readonly<{
  [Each in Exclude<Behaviour, "endless">]: Readonly<Record<string, unknown>>;
}> = {
  result: { status: "Succeeded", returnPayload: '{"ok":true}' },
  nothing: { status: "Succeeded", returnPayload: "null" },
  error: {
    status: "Failed",
    returnPayload: '{"errorMessage":"no width","errorType":"TypeError"}',
  },
  crash: { status: "Failed", taskErrorMessage: "Process exited unexpectedly" },
  timeout: { status: "Failed", taskErrorMessage: "Function timed out after 60 seconds" },
  memory: { status: "Failed", taskErrorMessage: "Function ran out of memory" },
  huge: { status: "Succeeded", returnPayload: `"${"x".repeat(limits.outputBytesMax)}"` },
};

async function openFc({ engine, tenant, record }: BackendWorld): Promise<BackendHarness> {
  const rig = await startFcRig();
  const { version: made, bytes } = versionOf("one");
  const version = { ...made, tenant };
  await openFcPlatform(rig.options).deploy(version, bytes);
  const active = { ...version, state: "active" as const };
  await engine.store.write([
    {
      kind: "put",
      expect: "absent",
      record: {
        key: keys.functionVersion(tenant, version.name, version.digest),
        type: "function",
        body: active,
      },
    },
    {
      kind: "put",
      expect: "absent",
      record: {
        key: keys.functionHead(tenant, version.name),
        type: "function",
        body: {
          tenant,
          name: version.name,
          digest: version.digest,
          activeDigest: version.digest,
          createdAtMs: 0,
          updatedAtMs: 0,
        },
      },
    },
  ]);
  const externalId = versionNameOf(tenant, version.name, version.digest);
  const backend = openFcBackend({
    ...rig.options,
    report: async (report) => {
      const [kept] = await record([report]);
      if (kept?.result.outcome === "error") throw kept.result.error;
    },
  });
  return {
    // The answer to a start names the function, and the dispatcher keeps that with the attempt.
    backend: { ...backend, inspect: (attempt) => backend.inspect({ externalId, ...attempt }) },
    faults: {
      loseAnswer() {
        rig.server.fault = () => {
          rig.server.fault = undefined;
          return { kind: "apply-then-cut" };
        };
      },
      fill() {
        rig.server.fault = () => rig.throttled;
        return () => {
          rig.server.fault = undefined;
        };
      },
    },
    taskFor: () => ({
      run: { package: { function: version.name, digest: version.digest } },
    }),
    async finish(attempt, behaviour) {
      if (behaviour === "endless") throw new Error("an endless run has no end");
      const task = rig.fc.tasks.get(attempt.attemptId);
      if (task === undefined) throw new Error("no such task");
      Object.assign(task, ends[behaviour]);
      // Nothing tells of the end: whoever looks finds it.
      await backend.inspect({ ...attempt, externalId });
    },
    begun: async () => undefined,
    stopped: async () => undefined,
    runsOf: async ({ attemptId }: AttemptRef) => (rig.fc.tasks.has(attemptId) ? 1 : 0),
    close: () => rig.close(),
  };
}

describeBackend(
  "Function Compute of Alibaba Cloud",
  { startIsIdempotent: true, stops: false, sees: true, faults: ["loseAnswer", "fill"] },
  openFc,
);
