import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type LocalPlatform,
  openLocalPlatform,
} from "../../../functions/adapters/local/deployed/local-platform.ts";
import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import { silentLog } from "../../../functions/runtime/json-log.ts";
import { versionOfBytes } from "../../contract/platform/platform-suite.ts";
import { openMemoryPayloads } from "../../fixtures/memory-payloads.ts";

let folder: string;
let platform: LocalPlatform;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-platform-"));
  platform = openLocalPlatform({
    folder: join(folder, "functions"),
    store: openMemoryStore(),
    payloads: openMemoryPayloads(),
    runnerPath: "dist/local/runner.mjs",
    env: {},
    log: silentLog,
  });
});
afterEach(async () => {
  await platform.close();
  await rm(folder, { recursive: true });
});
const zipOf = (files: Readonly<Record<string, string>>) =>
  versionOfBytes(
    zipSync(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
    ),
  );
const code = { "index.mjs": "export const handler = () => 1;" };

describe("deploying on one machine", () => {
  it("unpacks once, also when several do it at the same time", async () => {
    const { version, bytes } = zipOf(code);
    const outcomes = await Promise.all([1, 2, 3].map(() => platform.deploy(version, bytes)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["deployed", "deployed", "deployed"]);
    const names = await readdir(join(folder, "functions/acme/thumbs"));
    expect(names.sort()).toEqual([version.packageSha256, "package.json"].sort());
  });

  it.each([
    ["a name that leads out of its folder", { ...code, "../evil.mjs": "x" }, "plain path"],
    ["an absolute name", { ...code, "/tmp/evil.mjs": "x" }, "plain path"],
    ["no module for its handler", { "other.mjs": "x" }, "index.mjs"],
  ])("refuses %s", async (_, files, reason) => {
    const { version, bytes } = zipOf(files);
    const outcome = await platform.deploy(version, bytes);
    expect(outcome.outcome === "refused" && outcome.reason).toContain(reason);
    expect(existsSync(join(folder, "functions/acme/evil.mjs"))).toBe(false);
    expect(await readdir(folder)).toEqual(["functions"]);
  });

  it("refuses what is no zip file, and what its runner cannot run", async () => {
    const noZip = versionOfBytes(Buffer.from("this is no zip file"));
    const refused = await platform.deploy(noZip.version, noZip.bytes);
    expect(refused.outcome === "refused" && refused.reason).toContain("zip");
    const { bytes } = zipOf(code);
    const python = versionOfBytes(bytes, { runtime: "python3.13" });
    const outcome = await platform.deploy(python.version, python.bytes);
    expect(outcome.outcome === "refused" && outcome.reason).toContain("python3.13");
  });

  it("removes a function with all that was unpacked, and says whether it was there", async () => {
    const { version, bytes } = zipOf(code);
    expect(await platform.status(version)).toEqual({ state: "missing" });
    await platform.deploy(version, bytes);
    expect(await platform.status(version)).toMatchObject({ state: "active", memoryMb: 256 });
    expect(await platform.remove("acme", "thumbs")).toBe(true);
    expect(await platform.remove("acme", "thumbs")).toBe(false);
    expect(await platform.status(version)).toEqual({ state: "missing" });
  });
});
