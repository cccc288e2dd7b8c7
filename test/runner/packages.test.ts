import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPackageCache } from "../../functions/runner/orders/package-cache.ts";
import { unzipPackage } from "../../functions/runner/orders/unzip-package.ts";
import { type FileServer, openFileServer } from "./file-server.ts";
import { packageOrder, zipOf } from "./zip-maker.ts";

let folder: string;
let server: FileServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-packages-"));
  server = await openFileServer();
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const bounds = { bytesMax: 1_000_000, filesMax: 100 };

describe("a package", () => {
  it("is fetched and unpacked once, however many attempts ask for it at once", async () => {
    const zip = zipOf({ "index.mjs": "export const handler = 1;", "deep/er/data.json": "{}" });
    server.serve(zip);
    const order = packageOrder(zip, server.url, { environment: { MODE: "fast" } });
    const root = join(folder, "cache");
    const cache = openPackageCache(root);
    const opened = await Promise.all([cache.open(order), cache.open(order), cache.open(order)]);
    await openPackageCache(root).open(order);
    expect(server.requests()).toBe(1);
    const place = join(root, order.sha256);
    expect(opened).toEqual(
      Array(3).fill({
        outcome: "ready",
        code: {
          folder: place,
          module: "index.mjs",
          export: "handler",
          environment: { MODE: "fast", LAMBDA_TASK_ROOT: place },
        },
      }),
    );
    expect(await readFile(join(place, "deep/er/data.json"), "utf8")).toBe("{}");
  });

  it("is one folder although two processes unpack it at the same moment", async () => {
    const zip = zipOf({ "index.js": "exports.handler = () => 1;" });
    server.serve(zip);
    const order = packageOrder(zip, server.url);
    const caches = Array.from({ length: 4 }, () => openPackageCache(folder));
    const opened = await Promise.all(caches.map((cache) => cache.open(order)));
    expect(opened.map(({ outcome }) => outcome)).toEqual(Array(4).fill("ready"));
    expect(await readdir(folder)).toEqual([order.sha256]);
  });

  it("that is not what was ordered is refused, and leaves nothing behind", async () => {
    const ordered = zipOf({ "index.mjs": "export const handler = 1;" });
    const order = packageOrder(ordered, server.url);
    const other = zipOf({ "index.mjs": "export const handler = 2;" });
    for (const served of [other, ordered.subarray(0, 40), new Uint8Array(ordered.length + 1)]) {
      server.serve(served);
      const opened = await openPackageCache(folder).open(order);
      expect(opened).toMatchObject({ outcome: "failed", error: { class: "backend_fault" } });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("that is no zip file, or has no such handler, can never run", async () => {
    const text = new TextEncoder().encode("not a zip file");
    server.serve(text);
    const noZip = await openPackageCache(folder).open(packageOrder(text, server.url));
    expect(noZip).toMatchObject({ outcome: "failed", error: { class: "missing_function" } });
    const zip = zipOf({ "main.mjs": "" });
    server.serve(zip);
    const opened = await openPackageCache(folder).open(packageOrder(zip, server.url));
    expect(opened).toMatchObject({
      outcome: "failed",
      error: { class: "missing_function", message: expect.stringContaining("index.mjs") },
    });
  });

  it("for another runtime is said to be unsupported here", async () => {
    const zip = zipOf({ "index.py": "" });
    const order = packageOrder(zip, server.url, { runtime: "python3.13" });
    expect(await openPackageCache(folder).open(order)).toMatchObject({
      outcome: "failed",
      error: { class: "missing_function", message: expect.stringContaining("python3.13") },
    });
    expect(server.requests()).toBe(0);
  });
});

describe("unpacking", () => {
  it.each([
    "../outside.mjs",
    "a/../../outside.mjs",
    "/etc/outside",
    "a//b",
    "./a",
    "C:/outside",
    "a\\..\\..\\outside",
  ])("refuses the name %s before anything is written", async (name) => {
    const zip = zipOf({ "good.mjs": "1", [name]: "2" });
    await expect(unzipPackage(zip, folder, bounds)).rejects.toThrow("is not a plain path");
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses what would be too large or too many files, by what it announces", async () => {
    const bomb = zipOf({ a: "0".repeat(600_000), b: "0".repeat(600_000) });
    expect(bomb.byteLength).toBeLessThan(10_000);
    await expect(unzipPackage(bomb, folder, bounds)).rejects.toThrow("more than 1000000 bytes");
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, ""]));
    await expect(unzipPackage(zipOf(many), folder, bounds)).rejects.toThrow("more than 100 files");
    expect(await readdir(folder)).toEqual([]);
  });

  it("writes files that code cannot change by mistake", async () => {
    await unzipPackage(zipOf({ "lib/a.mjs": "export {};", "lib/": "" }), folder, bounds);
    expect(await readdir(join(folder, "lib"))).toEqual(["a.mjs"]);
    expect((await stat(join(folder, "lib/a.mjs"))).mode & 0o222).toBe(0);
  });
});
