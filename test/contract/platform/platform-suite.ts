import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FunctionSpec, type FunctionVersion } from "../../../shared/function/function.ts";
import type { FunctionPlatform } from "../../../shared/ports/function-platform.ts";
import type { StubServer, WireFault } from "./stub-server.ts";

/** What deployed code says when it is called. */
export type Behaviour = (
  event: unknown,
) => { readonly returns: unknown } | { readonly throws: string };

/** A cloud for tests, and adapters that use it. */
export interface PlatformRig {
  readonly server: StubServer;
  /** An adapter of its own each time, as another process has. */
  open(): FunctionPlatform;
  /** What a package does, whichever version it is part of. */
  behave(packageBytes: Uint8Array, behaviour: Behaviour): void;
  /** Versions of a function that the cloud keeps. */
  versionsKept(tenant: string, name: string): number;
  /** Puts a function there that somebody else made. */
  makeForeign(tenant: string, name: string): void;
  exists(tenant: string, name: string): boolean;
  /** Requests that the cloud takes for mistakes of ours. */
  readonly violations: readonly string[];
  /** The cloud's word for "too fast". */
  readonly throttled: WireFault;
  close(): Promise<void>;
}

interface MadeVersion {
  readonly version: FunctionVersion;
  readonly bytes: Uint8Array;
}

/** A package of any bytes, and the version that it makes with these settings. */
export function versionOf(content: string, changes: Partial<FunctionSpec> = {}): MadeVersion {
  return versionOfBytes(Buffer.from(`zip of ${content}`), changes);
}

/** The version that a package makes with these settings. */
export function versionOfBytes(
  bytes: Uint8Array,
  changes: Partial<FunctionSpec> = {},
): MadeVersion {
  const spec = { ...FunctionSpec.parse({ memoryMb: 256, timeoutSeconds: 30 }), ...changes };
  const packageSha256 = createHash("sha256").update(bytes).digest("hex");
  const digest = createHash("sha256")
    .update(JSON.stringify(spec) + packageSha256)
    .digest("hex");
  const version: FunctionVersion = {
    tenant: "acme",
    name: "thumbs",
    digest,
    spec,
    packageId: "in_0123456789abcdefghjkmnpqrs",
    packageBytes: bytes.byteLength,
    packageSha256,
    state: "deploying",
    createdAtMs: 0,
    createdBy: "ada",
    requestedAtMs: 0,
    deployTries: 1,
  };
  return { version, bytes };
}

/** What every platform must do, whichever cloud it is. */
export function describePlatform(name: string, start: () => Promise<PlatformRig>): void {
  describe(`the function platform ${name}`, () => {
    let rig: PlatformRig;
    beforeEach(async () => {
      rig = await start();
    });
    afterEach(async () => {
      await rig.close();
      expect(rig.violations).toEqual([]);
    });
    deployingTests(() => rig);
    concurrencyTests(() => rig);
    faultTests(() => rig);
    removalTests(() => rig);
  });
}

function deployingTests(rig: () => PlatformRig): void {
  it("deploys a version, says so, and calls it", async () => {
    const { version, bytes } = versionOf("one", { environment: { GREETING: "hello" } });
    rig().behave(bytes, (event) => ({ returns: { got: event } }));
    const platform = rig().open();
    expect(await platform.status(version)).toMatchObject({ state: "missing" });
    const deployed = await platform.deploy(version, bytes);
    expect(deployed).toMatchObject({ outcome: "deployed" });
    expect(await platform.status(version)).toMatchObject({
      state: "active",
      runtime: "nodejs24.x",
      timeoutSeconds: 30,
      memoryMb: 256,
    });
    const said = await platform.invoke(version, { n: 1 });
    expect(said).toMatchObject({ outcome: "returned", output: { got: { n: 1 } } });
  });

  it("says what a function that fails has said", async () => {
    const { version, bytes } = versionOf("bad");
    rig().behave(bytes, () => ({ throws: "the disk is full" }));
    const platform = rig().open();
    await platform.deploy(version, bytes);
    const said = await platform.invoke(version, {});
    expect(said.outcome).toBe("failed");
    expect(said.outcome === "failed" && said.error).toContain("the disk is full");
  });

  it("does nothing anew for a version that is there already", async () => {
    const { version, bytes } = versionOf("one");
    const first = await rig().open().deploy(version, bytes);
    const requests = rig().server.requests;
    const second = await rig().open().deploy(version, bytes);
    expect(second).toEqual(first);
    expect(rig().versionsKept("acme", "thumbs")).toBe(1);
    expect(rig().server.requests - requests).toBeLessThanOrEqual(4);
  });

  it.each([
    ["code", versionOf("two")],
    ["memory", versionOf("one", { memoryMb: 1_024 })],
    ["environment", versionOf("one", { environment: { A: "b" } })],
  ])("keeps the version before running when the %s changes", async (_, next) => {
    const one = versionOf("one");
    rig().behave(one.bytes, () => ({ returns: "one" }));
    if (next.version.packageSha256 !== one.version.packageSha256) {
      rig().behave(next.bytes, () => ({ returns: "two" }));
    }
    const platform = rig().open();
    await platform.deploy(one.version, one.bytes);
    const deployed = await platform.deploy(next.version, next.bytes);
    expect(deployed.outcome).toBe("deployed");
    expect(rig().versionsKept("acme", "thumbs")).toBe(2);
    expect(await platform.invoke(one.version, {})).toMatchObject({ output: "one" });
    const expected = next.version.packageSha256 === one.version.packageSha256 ? "one" : "two";
    expect(await platform.invoke(next.version, {})).toMatchObject({ output: expected });
    expect(await platform.status(one.version)).toMatchObject({ memoryMb: 256 });
    expect(await platform.status(next.version)).toMatchObject({
      memoryMb: next.version.spec.memoryMb,
    });
  });
}

function concurrencyTests(rig: () => PlatformRig): void {
  it("converges when two deploy the same version at once", async () => {
    const { version, bytes } = versionOf("one");
    const outcomes = await Promise.all([
      rig().open().deploy(version, bytes),
      rig().open().deploy(version, bytes),
      rig().open().deploy(version, bytes),
    ]);
    expect(outcomes[0]).toMatchObject({ outcome: "deployed" });
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(rig().versionsKept("acme", "thumbs")).toBe(1);
  });

  it("converges when two deploy different versions at once, each behind its own name", async () => {
    const versions = ["one", "two", "three"].map((content) => {
      const made = versionOf(content);
      rig().behave(made.bytes, () => ({ returns: content }));
      return made;
    });
    const outcomes = await Promise.all(
      versions.map(({ version, bytes }) => rig().open().deploy(version, bytes)),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["deployed", "deployed", "deployed"]);
    const platform = rig().open();
    const said = await Promise.all(versions.map(({ version }) => platform.invoke(version, {})));
    expect(said).toMatchObject([{ output: "one" }, { output: "two" }, { output: "three" }]);
  });
}

function faultTests(rig: () => PlatformRig): void {
  it("gets there although any one answer is lost", async () => {
    const { version, bytes } = versionOf("one");
    rig().behave(bytes, () => ({ returns: "one" }));
    const platform = rig().open();
    await platform.deploy(version, bytes);
    const steps = rig().server.requests;
    expect(steps).toBeGreaterThan(3);
    for (let lost = 0; lost < steps; lost++) {
      expect(await platform.remove("acme", "thumbs"), `before losing ${lost}`).toBe(true);
      rig().server.requests = 0;
      rig().server.fault = (index) => (index === lost ? { kind: "apply-then-cut" } : undefined);
      const outcome = await rig().open().deploy(version, bytes);
      rig().server.fault = undefined;
      expect(outcome, `losing ${lost}`).toMatchObject({ outcome: "deployed" });
      expect(await platform.invoke(version, {}), `losing ${lost}`).toMatchObject({
        output: "one",
      });
    }
  });

  it("gets there although it is told to be slower, again and again", async () => {
    const { version, bytes } = versionOf("one");
    rig().server.fault = (index) => (index % 3 === 2 ? undefined : rig().throttled);
    expect(await rig().open().deploy(version, bytes)).toMatchObject({ outcome: "deployed" });
  });
}

function removalTests(rig: () => PlatformRig): void {
  it("removes what it deployed, and says whether there was anything", async () => {
    const { version, bytes } = versionOf("one");
    const platform = rig().open();
    expect(await platform.remove("acme", "thumbs")).toBe(false);
    await platform.deploy(version, bytes);
    expect(await platform.remove("acme", "thumbs")).toBe(true);
    expect(rig().exists("acme", "thumbs")).toBe(false);
    expect(await platform.status(version)).toMatchObject({ state: "missing" });
    expect(await platform.remove("acme", "thumbs")).toBe(false);
  });

  it("neither changes nor removes what somebody else made", async () => {
    const { version, bytes } = versionOf("one");
    rig().makeForeign("acme", "thumbs");
    const platform = rig().open();
    const outcome = await platform.deploy(version, bytes);
    expect(outcome.outcome).toBe("refused");
    expect(outcome.outcome === "refused" && outcome.reason).toContain("job-acme-thumbs");
    expect(await platform.remove("acme", "thumbs")).toBe(false);
    expect(rig().exists("acme", "thumbs")).toBe(true);
    expect(rig().versionsKept("acme", "thumbs")).toBe(0);
  });
}
