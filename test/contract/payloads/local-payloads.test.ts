import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  openFilePayloads,
  openMemoryPayloads,
} from "../../../functions/adapters/local/file-payloads.ts";
import { limits } from "../../../shared/core/limits.ts";
import { localWorld } from "./local-world.ts";
import { payloadSuite } from "./payload-suite.ts";
import { get, put, sha256 } from "./payload-world.ts";

async function fileWorld(directory?: string) {
  const folder = directory ?? (await mkdtemp(join(tmpdir(), "switchyard-payloads-")));
  const world = await localWorld(
    (options) => openFilePayloads({ ...options, directory: folder }),
    async () => {
      if (directory === undefined) await rm(folder, { recursive: true, force: true });
    },
  );
  return { ...world, folder };
}

payloadSuite("files", fileWorld);
payloadSuite("memory", () => localWorld(openMemoryPayloads));

describe("payloads in files", () => {
  let folder: string;
  let world: Awaited<ReturnType<typeof fileWorld>>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-payloads-"));
    world = await fileWorld(folder);
  });
  afterEach(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function stored(text = '"kept"'): Promise<string> {
    const slot = await world.payloads.newInput("acme", Buffer.byteLength(text));
    expect(await put(slot, text)).toBe(200);
    return slot.id;
  }

  it("are there after a restart, at the addresses given before it", async () => {
    const id = await stored();
    const url = await world.payloads.urlOf("acme", { id, bytes: 6, sha256: "" });
    const again = await fileWorld(folder);
    const { pathname, search } = new URL(url);
    const found = await again.payloads.get(new URL(pathname + search, url));
    expect(found).toMatchObject({ bytes: 6 });
    expect((await again.payloads.find("acme", id))?.sha256).toBe(sha256('"kept"'));
    await again.close();
  });

  it("leave nothing behind of an upload that breaks off", async () => {
    const slot = await world.payloads.newInput("acme", 1_000);
    const outgoing = request(slot.url, { method: "PUT", headers: { "content-length": 1_000 } });
    const ended = new Promise((resolve) => outgoing.on("error", resolve).on("close", resolve));
    outgoing.write("half of it");
    await expect.poll(async () => (await readdir(join(folder, "acme"))).length).toBe(1);
    outgoing.destroy();
    await ended;
    await expect.poll(async () => readdir(join(folder, "acme"))).toEqual([]);
    expect(await world.payloads.find("acme", slot.id)).toBeUndefined();
  });

  it.each(["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2fsecret", "in_", "secret", ".."])(
    "have no address outside of their folder: %s",
    async (name) => {
      const id = await stored();
      const url = await world.payloads.urlOf("acme", { id, bytes: 6, sha256: "" });
      const { origin, search } = new URL(url);
      const status = await rawStatus(origin, `/v1/payloads/${name}${search}`);
      expect(status).toBeGreaterThanOrEqual(400);
      await expect(world.payloads.find("../acme", id)).rejects.toThrow("is not one");
      await expect(world.payloads.read("acme", `../acme/${id}`)).rejects.toThrow("is not one");
    },
  );

  it("are refused at once when more is announced than is possible", async () => {
    const slot = await world.payloads.outputOf("acme", "att_01kaq3v5d20c8r6k1n5j7w3y9e");
    const { origin, pathname, search } = new URL(slot.url);
    const announced = String(limits.payloadBytesMax + 1);
    expect(await rawStatus(origin, pathname + search, "PUT", announced)).toBe(413);
  });

  it("keep the key of their addresses to themselves", async () => {
    await stored();
    expect((await stat(join(folder, "secret"))).mode & 0o077).toBe(0);
    expect((await readFile(join(folder, "secret"))).length).toBe(32);
  });

  it("go when their time is over, as do uploads that broke off long ago", async () => {
    const [gone, kept] = [await stored(), await stored()];
    const nowMs = Date.now();
    await world.payloads.keepUntil("acme", gone, nowMs - 60_000);
    await world.payloads.keepUntil("acme", kept, nowMs + 60_000);
    const broken = join(folder, "acme", `${kept}.0011223344556677.part`);
    await writeFile(broken, "half");
    expect(await world.payloads.sweep()).toBe(1);
    expect(await world.payloads.find("acme", gone)).toBeUndefined();
    const longAgo = nowMs / 1_000 - 2 * 86_400;
    await utimes(broken, longAgo, longAgo);
    expect(await world.payloads.sweep()).toBe(1);
    expect((await readdir(join(folder, "acme"))).sort()).toEqual([kept]);
    const url = await world.payloads.urlOf("acme", { id: kept, bytes: 6, sha256: "" });
    expect((await get(url)).text).toBe('"kept"');
  });
});

describe.each([
  ["files", fileWorld],
  ["memory", () => localWorld(openMemoryPayloads)],
] as const)("packages in %s", (_, open) => {
  let world: Awaited<ReturnType<typeof localWorld>>;
  beforeEach(async () => {
    world = await open();
  });
  afterEach(() => world.close());

  it("stay when everything else is swept away; uploads of them go after some days", async () => {
    const slot = await world.payloads.newPackage("acme", 2);
    const input = await world.payloads.newInput("acme", 2);
    for (const place of [slot, input]) expect(await put(place, "{}")).toBe(200);
    const kept = (await world.payloads.keepPackage("acme", slot.id)) ?? "";
    const isThere = async (id: string) => (await world.payloads.find("acme", id)) !== undefined;
    world.pass(limits.packageUploadKeepMs - 60_000);
    expect(await world.payloads.sweep()).toBe(0);
    world.pass(120_000);
    expect(await world.payloads.sweep()).toBe(1);
    expect(await isThere(slot.id)).toBe(false);
    world.pass(10 * limits.payloadKeepMs);
    expect(await world.payloads.sweep()).toBe(1);
    expect(await isThere(input.id)).toBe(false);
    await world.payloads.keepUntil("acme", kept, 0);
    expect(await world.payloads.sweep()).toBe(0);
    expect(await isThere(kept)).toBe(true);
  });
});

/** A request whose path nobody tidies up on the way; answers the status. */
function rawStatus(
  origin: string,
  path: string,
  method = "GET",
  contentLength?: string,
): Promise<number> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const headers = contentLength === undefined ? {} : { "content-length": contentLength };
    const outgoing = request({ hostname, port, path, method, headers }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
      if (contentLength !== undefined) outgoing.destroy();
    });
    outgoing.on("error", reject);
    if (contentLength === undefined) outgoing.end();
    else outgoing.flushHeaders();
  });
}
