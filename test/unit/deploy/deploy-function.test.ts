import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import { type DeployDeps, deployFunction } from "../../../functions/deploy/deploy-function.ts";
import { removeFunction } from "../../../functions/deploy/remove-function.ts";
import {
  functionHeadRecord,
  functionVersionRecord,
  loadFunctionHead,
  loadFunctionVersion,
} from "../../../functions/runtime/deployed-functions.ts";
import { silentLog } from "../../../functions/runtime/json-log.ts";
import { keepTime } from "../../../functions/timekeeper/keep-time.ts";
import { TerminalError, TransientError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import { FunctionSpec, type FunctionVersion } from "../../../shared/function/function.ts";
import type { Deployer } from "../../../shared/ports/deployer.ts";
import type { Hint } from "../../../shared/ports/hints.ts";
import { openMemoryPayloads } from "../../fixtures/memory-payloads.ts";
import { openRecordingPlatform } from "../../fixtures/recording-platform.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const store = () => deps.store;
let nowMs: number;
let platform: ReturnType<typeof openRecordingPlatform>;
let payloads: ReturnType<typeof openMemoryPayloads>;
let deps: DeployDeps;

beforeEach(() => {
  nowMs = 1_795_208_400_000;
  platform = openRecordingPlatform();
  payloads = openMemoryPayloads();
  deps = {
    store: openMemoryStore(),
    clock: { now: () => nowMs },
    log: silentLog,
    payloads,
    platform,
    sha256,
  };
});

/** Puts a version there that waits to be deployed, asked for last. */
async function ask(content: string): Promise<FunctionVersion> {
  const bytes = Buffer.from(content);
  const version: FunctionVersion = {
    tenant: "acme",
    name: "thumbs",
    digest: sha256(Buffer.from(`digest of ${content}`)),
    spec: FunctionSpec.parse({}),
    packageId: payloads.put("acme", bytes, "pk"),
    packageBytes: bytes.byteLength,
    packageSha256: sha256(bytes),
    state: "deploying",
    createdAtMs: nowMs,
    createdBy: "ada",
    requestedAtMs: nowMs,
    deployTries: 0,
  };
  const head = await loadFunctionHead(store(), "acme", "thumbs");
  const nextHead = {
    ...(head?.body ?? { tenant: "acme", name: "thumbs", createdAtMs: nowMs }),
    digest: version.digest,
    updatedAtMs: nowMs,
  };
  const wrote = await store().write([
    { kind: "put", record: functionVersionRecord(version), expect: "absent" },
    { kind: "put", record: functionHeadRecord(nextHead), expect: head?.version ?? "absent" },
  ]);
  expect(wrote.outcome).toBe("wrote");
  return version;
}
const deploy = ({ tenant, name, digest }: FunctionVersion) =>
  deployFunction(deps, tenant, name, digest);
const stored = async ({ digest }: FunctionVersion) =>
  (await loadFunctionVersion(store(), "acme", "thumbs", digest))?.body;
const activeDigest = async () =>
  (await loadFunctionHead(store(), "acme", "thumbs"))?.body.activeDigest;

describe("deploying a function", () => {
  it("puts it on the platform, then in force", async () => {
    const version = await ask("one");
    expect(await deploy(version)).toEqual({ outcome: "active" });
    expect(await stored(version)).toMatchObject({
      state: "active",
      reference: `recording:${version.digest}`,
    });
    expect(await activeDigest()).toBe(version.digest);
  });

  it("is harmless when repeated: nothing is deployed twice", async () => {
    const version = await ask("one");
    await deploy(version);
    expect(await deploy(version)).toEqual({ outcome: "active" });
    expect(platform.deployments).toHaveLength(1);
  });

  it("keeps the version in force that was asked for last, whichever is ready first", async () => {
    const one = await ask("one");
    await deploy(one);
    const two = await ask("two");
    const three = await ask("three");
    await deploy(three);
    expect(await activeDigest()).toBe(three.digest);
    await deploy(two);
    expect(await activeDigest()).toBe(three.digest);
    expect(await stored(two)).toMatchObject({ state: "active" });
  });

  it("leaves the version before in force when a new one cannot be deployed, and says why", async () => {
    const one = await ask("one");
    await deploy(one);
    const two = await ask("two");
    platform.next = () => ({ outcome: "refused", reason: "the handler is missing" });
    expect(await deploy(two)).toMatchObject({ outcome: "failed" });
    expect(await stored(two)).toMatchObject({ state: "failed", failure: "the handler is missing" });
    expect(await activeDigest()).toBe(one.digest);
  });

  it("fails for a package that is gone or damaged, before anything is deployed", async () => {
    const gone = await ask("one");
    await payloads.delete("acme", [gone.packageId]);
    expect(await deploy(gone)).toMatchObject({ outcome: "failed" });
    const damaged = await ask("two");
    payloads.kept.set(`acme/${damaged.packageId}`, Buffer.from("something else"));
    expect(await deploy(damaged)).toMatchObject({ outcome: "failed" });
    expect((await stored(damaged))?.failure).toContain("damaged");
    expect(platform.deployments).toEqual([]);
  });

  it("does not let a failure of one deployer undo the success of another", async () => {
    const version = await ask("one");
    platform.next = async () => {
      platform.next = undefined;
      await deploy(version);
      return { outcome: "refused", reason: "too late" };
    };
    expect(await deploy(version)).toEqual({ outcome: "active" });
    expect(await stored(version)).toMatchObject({ state: "active" });
  });
});

describe("removing a function", () => {
  it("takes the packages away with the function, and can be told so twice", async () => {
    const [one, two] = [await ask("one"), await ask("two")];
    const inputId = payloads.put("acme", Buffer.from("{}"));
    await deploy(one);
    await removeFunction(deps, "acme", "thumbs");
    await removeFunction(deps, "acme", "thumbs");
    expect([...payloads.kept.keys()]).toEqual([`acme/${inputId}`]);
    expect(await stored(two)).toBeUndefined();
  });

  it("goes on with a removal that broke off, so that no package stays without a record", async () => {
    const version = await ask("one");
    await deploy(version);
    const remove = payloads.delete;
    payloads.delete = () => Promise.reject(new TransientError("S3 does not answer"));
    await expect(removeFunction(deps, "acme", "thumbs")).rejects.toThrow("S3 does not answer");
    expect(await stored(version)).toBeDefined();
    payloads.delete = remove;
    await removeFunction(deps, "acme", "thumbs");
    expect(payloads.kept.size).toBe(0);
    expect(await stored(version)).toBeUndefined();
  });

  it("leaves nothing behind of a function that is removed meanwhile", async () => {
    const version = await ask("one");
    platform.next = async () => {
      platform.next = undefined;
      await removeFunction(deps, "acme", "thumbs");
      return { outcome: "deployed", reference: "x" };
    };
    expect(await deploy(version)).toEqual({ outcome: "gone" });
    expect(platform.deployed.size).toBe(0);
    expect(await stored(version)).toBeUndefined();
  });
});

describe("a deployment without an outcome", () => {
  const requested: string[] = [];
  const hints: Hint[] = [];
  const deployer: Deployer = {
    request: async (_tenant, _name, digest) => void requested.push(digest),
    tryOut: async () => ({ outcome: "failed", error: "not here" }),
    remove: async () => undefined,
  };
  const tick = () =>
    keepTime({
      ...deps,
      hints: { send: async (sent) => void hints.push(...sent) },
      deployer,
    });
  beforeEach(() => {
    requested.length = 0;
    hints.length = 0;
  });

  it("is asked for again by the timekeeper when it is overdue, and is no hint", async () => {
    const version = await ask("one");
    nowMs += limits.deployAgainMs - 1;
    await tick();
    expect(requested).toEqual([]);
    nowMs += 1;
    await tick();
    expect(requested).toEqual([version.digest]);
    expect(hints).toEqual([]);
  });

  it("waits anew when somebody takes it up, and is asked for no more when it is done", async () => {
    const version = await ask("one");
    nowMs += limits.deployAgainMs;
    platform.next = () => {
      throw new TransientError("Lambda does not answer");
    };
    await expect(deploy(version)).rejects.toThrow("Lambda does not answer");
    await tick();
    expect(requested).toEqual([]);
    platform.next = undefined;
    await deploy(version);
    nowMs += 10 * limits.deployAgainMs;
    await tick();
    expect(requested).toEqual([]);
  });

  it("fails after as many tries as are granted", async () => {
    const version = await ask("one");
    platform.next = () => {
      throw new TransientError("Lambda does not answer");
    };
    for (let tries = 0; tries < limits.deployTriesMax; tries++) {
      await expect(deploy(version)).rejects.toThrow();
    }
    expect(await deploy(version)).toMatchObject({ outcome: "failed" });
    expect(await stored(version)).toMatchObject({ state: "failed" });
    expect(platform.deployments).toHaveLength(limits.deployTriesMax);
  });

  it("fails at once when it may not be carried out", async () => {
    const version = await ask("one");
    platform.next = () => {
      throw new TerminalError("lambda:CreateFunction was refused");
    };
    expect(await deploy(version)).toMatchObject({ outcome: "failed" });
    expect((await stored(version))?.failure).toContain("lambda:CreateFunction");
  });
});
