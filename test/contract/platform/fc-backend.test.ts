import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fcAdapters } from "../../../functions/adapters/alicloud/fc-adapter.ts";
import { openFcBackend } from "../../../functions/adapters/alicloud/fc-backend.ts";
import { loadFcKeys } from "../../../functions/adapters/alicloud/fc-keys.ts";
import { plannedFcCapabilities } from "../../../functions/adapters/alicloud/fc-planning.ts";
import { openFcPlatform } from "../../../functions/adapters/alicloud/fc-platform.ts";
import { openAdapters } from "../../../functions/runtime/adapter-registry.ts";
import { versionNameOf, versionPrefixOf } from "../../../shared/function/lambda-name.ts";
import type { AttemptOrder, AttemptReport } from "../../../shared/ports/backend.ts";
import { readableLog } from "../../handlers/stub/local-clients.ts";
import { type FcRig, startFcRig } from "./fc-rig.ts";
import { fcKeys } from "./fc-stub.ts";
import { versionOf } from "./platform-suite.ts";

const { version, bytes } = versionOf("one");
const attemptId = "att_01kaq3v5cs7h2m4d9x8w6t0r1b";
const order: AttemptOrder = {
  tenant: "acme",
  instanceId: "ins_01kaq3v5cs7h2m4d9x8w6t0r1b",
  attemptId,
  attempt: 1,
  token: "secret-token",
  task: "thumbs",
  taskVersion: 1,
  run: { package: { function: "thumbs", digest: version.digest } },
  input: { n: 1 },
  priority: 5,
  timeoutMs: 60_000,
  deadlineAtMs: 1_795_208_460_000,
};
const name = versionNameOf("acme", "thumbs", version.digest);
const ref = { tenant: "acme", instanceId: order.instanceId, attemptId, externalId: name };

let rig: FcRig;
let reports: AttemptReport[];
const backend = () =>
  openFcBackend({ ...rig.options, report: async (report) => void reports.push(report) });
const task = () => {
  const found = rig.fc.tasks.get(attemptId);
  if (found === undefined) throw new Error("no task");
  return found;
};
beforeEach(async () => {
  reports = [];
  rig = await startFcRig();
  await openFcPlatform(rig.options).deploy(version, bytes);
});
afterEach(async () => {
  await rig.close();
  expect(rig.violations).toEqual([]);
});

describe("starting an attempt on Function Compute", () => {
  it("calls the version asynchronously, as a task with the attempt's id and without its token", async () => {
    expect(await backend().start(order)).toEqual({ outcome: "accepted", externalId: name });
    expect(task().event).toMatchObject({ version: 1, task_id: order.instanceId, inputs: { n: 1 } });
    expect(JSON.stringify(task())).not.toContain("secret-token");
  });

  it("runs it once, however often it is started", async () => {
    rig.server.fault = () => ({ kind: "apply-then-cut" });
    expect(await backend().start(order)).toMatchObject({ outcome: "unknown" });
    rig.server.fault = undefined;
    expect(await backend().start(order)).toEqual({ outcome: "accepted", externalId: name });
    expect(rig.fc.tasks.size).toBe(1);
  });

  it.each([
    [404, "missing_function"],
    [403, "missing_permission"],
    [413, "payload_too_large"],
    [429, "throttled"],
    [400, "backend_fault"],
  ])("is refused for status %s as %s", async (status, errorClass) => {
    rig.server.fault = () => ({
      kind: "refuse",
      answer: { status, body: { Code: "Some", Message: "no" } },
    });
    const outcome = await backend().start(order);
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: errorClass } });
  });

  it("is refused for an event that is too large, and for a task that names no version", async () => {
    const large = await backend().start({ ...order, input: "x".repeat(128_000) });
    expect(large).toMatchObject({ outcome: "refused", error: { class: "payload_too_large" } });
    const vague = await backend().start({ ...order, run: { package: { function: "thumbs" } } });
    expect(vague).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
    expect(rig.fc.tasks.size).toBe(0);
  });
});

describe("asking Function Compute about an attempt", () => {
  beforeEach(async () => {
    await backend().start(order);
  });

  it("says that it runs while it does", async () => {
    expect(await backend().inspect(ref)).toBe("running");
    expect(reports).toEqual([]);
  });

  it("reports its result, which needs no token", async () => {
    Object.assign(task(), { status: "Succeeded", returnPayload: '{"ok":true}', durationMs: 12 });
    expect(await backend().inspect(ref)).toBe("unknown");
    expect(reports).toEqual([
      {
        kind: "succeeded",
        tenant: "acme",
        instanceId: order.instanceId,
        attemptId,
        externalId: name,
        output: { ok: true },
        usage: { durationMs: 12 },
      },
    ]);
  });

  it.each([
    ["Failed", "Function timed out after 60 seconds", "", "timeout"],
    ["Failed", "Function process exited unexpectedly", "", "crash"],
    ["Failed", "the function ran out of memory", "", "out_of_memory"],
    [
      "Failed",
      "UnhandledInvocationError",
      '{"errorMessage":"timed out","errorType":"Error"}',
      "error",
    ],
    ["Expired", "", "", "throttled"],
    ["Stopped", "", "", "backend_fault"],
    ["Succeeded", "", `"${"x".repeat(140_000)}"`, "invalid_output"],
  ])(
    "reports %s (%s) with its class",
    async (status, taskErrorMessage, returnPayload, expected) => {
      Object.assign(task(), { status, taskErrorMessage, returnPayload });
      await backend().inspect(ref);
      expect(reports).toMatchObject([{ kind: "failed", error: { class: expected } }]);
    },
  );

  it("leaves the decision to the clock when there is no answer, and says when it is gone", async () => {
    rig.server.fault = () => ({ kind: "cut" });
    expect(await backend().inspect(ref)).toBe("unknown");
    rig.server.fault = undefined;
    rig.fc.tasks.clear();
    expect(await backend().inspect(ref)).toBe("gone");
  });

  it("has an attempt that nobody confirmed started again, which finds the task", async () => {
    const { externalId: _, ...unconfirmed } = ref;
    expect(await backend().inspect(unconfirmed)).toBe("queued");
  });

  it("stops it, and does not mind when it is over", async () => {
    await backend().stop(ref);
    expect(task().status).toBe("Stopped");
    rig.fc.tasks.clear();
    await backend().stop(ref);
  });
});

describe("the adapter of Function Compute", () => {
  const config = (changes: object = {}) =>
    JSON.stringify({
      accountId: "1234567890123456",
      endpoint: `127.0.0.1:${rig.server.port}`,
      protocol: "http",
      keys: { accessKeyIdVariable: "FC_ID", accessKeySecretVariable: "FC_SECRET" },
      ...changes,
    });
  const open = (text: string | undefined, variables: Record<string, string>) => {
    const log = readableLog();
    const report = async () => undefined;
    return openAdapters(fcAdapters(text, { variables, report }), log);
  };
  const variables = { FC_ID: fcKeys.accessKeyId, FC_SECRET: fcKeys.accessKeySecret };

  it("is not there unless it is asked for", async () => {
    expect(await open(undefined, variables)).toEqual({ backends: [], platforms: [], health: {} });
    expect(plannedFcCapabilities(undefined)).toEqual([]);
  });

  it("works with keys from where its settings say they are", async () => {
    const { backends, platforms, health } = await open(config(), variables);
    expect(health).toEqual({ "alicloud-fc": { state: "ok", kind: "adapter" } });
    expect(backends.map(({ capabilities }) => capabilities.name)).toEqual(["alicloud-fc"]);
    expect(plannedFcCapabilities(config())).toEqual([backends[0]?.capabilities]);
    expect(await platforms[0]?.status(version)).toMatchObject({ state: "active" });
  });

  it.each([
    ["settings that are no JSON", () => "{", /not JSON/],
    ["settings without an account", () => config({ accountId: undefined }), /accountId/],
    [
      "keys among the settings",
      () => config({ keys: { accessKeyId: "LTAI", accessKeySecret: "x" } }),
      /keys/,
    ],
    ["a variable that is not set", () => config(), /FC_SECRET is not set/],
  ])("is a finding of the health with %s, and nothing else fails", async (_, text, cause) => {
    const { backends, platforms, health } = await open(text(), { FC_ID: fcKeys.accessKeyId });
    expect([backends, platforms]).toEqual([[], []]);
    expect(health["alicloud-fc"]).toMatchObject({
      state: "degraded",
      cause: expect.stringMatching(cause),
    });
    expect(JSON.stringify(health)).not.toContain(fcKeys.accessKeySecret);
  });

  it("reads its keys from a secret, and never says what was in a wrong one", async () => {
    const keys = { secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:fc" };
    expect(await loadFcKeys(keys, {}, async () => JSON.stringify(fcKeys))).toEqual(fcKeys);
    const wrong = loadFcKeys(
      keys,
      {},
      async () => `{"accessKeySecret":"${fcKeys.accessKeySecret}"}`,
    );
    await expect(wrong).rejects.toThrow(keys.secretArn);
    await expect(wrong).rejects.not.toThrow(fcKeys.accessKeySecret);
  });

  it("does not keep a working one from opening when another fails", async () => {
    const good = fcAdapters(config(), { variables, report: async () => undefined });
    const bad = { name: "nowhere", open: () => Promise.reject(new Error("no such cloud")) };
    const { backends, health } = await openAdapters([bad, ...good], readableLog());
    expect(backends).toHaveLength(1);
    expect(health).toMatchObject({
      nowhere: { state: "degraded", cause: "no such cloud" },
      "alicloud-fc": { state: "ok" },
    });
  });
});

describe("names of versions", () => {
  it("fit, differ by version, and begin with what only their function's begin with", () => {
    const digest = "0123456789abcdef".repeat(4);
    expect(versionNameOf("acme", "thumbs", digest)).toBe("job-acme-thumbs--0123456789abcdef");
    const long = "x".repeat(63);
    expect(versionNameOf(long, long, digest).length).toBeLessThanOrEqual(64);
    expect(versionPrefixOf(long, `${long.slice(1)}a`)).not.toBe(
      versionPrefixOf(long, `${long.slice(1)}b`),
    );
    expect(versionPrefixOf("acme", "thumbs-2").startsWith(versionPrefixOf("acme", "thumbs"))).toBe(
      false,
    );
  });
});
