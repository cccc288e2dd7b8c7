import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  isPackageId,
  isPackageUpload,
  isPayloadId,
  outputIdOf,
} from "../../../shared/core/payload-ref.ts";
import { get, type PayloadWorld, put, sha256, withQuery } from "./payload-world.ts";

const text = JSON.stringify({ rows: "ä".repeat(5_000) });
const bytes = Buffer.byteLength(text);
const attemptId = "att_01kaq3v5d20c8r6k1n5j7w3y9e";
const hour = 3_600_000;

/** Puts the text and answers its id. */
async function stored({ payloads }: PayloadWorld, tenant = "acme"): Promise<string> {
  const slot = await payloads.newInput(tenant, bytes, sha256(text));
  expect(await put(slot, text)).toBe(200);
  return slot.id;
}

/** What every place for payloads does, whatever it is made of. */
export function payloadSuite(name: string, open: () => Promise<PayloadWorld>): void {
  describe(`payloads: ${name}`, () => {
    let opened: PayloadWorld;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());
    putting(() => opened);
    finding(() => opened);
    packages(() => opened);
  });
}

function putting(world: () => PayloadWorld): void {
  it("gives a place that takes one PUT, and gives back what was put", async () => {
    const slot = await world().payloads.newInput("acme", bytes, sha256(text));
    expect(isPayloadId(slot.id)).toBe(true);
    expect(await world().payloads.find("acme", slot.id)).toBeUndefined();
    expect(await put(slot, text)).toBe(200);
    expect(await world().payloads.find("acme", slot.id)).toEqual({ bytes, sha256: sha256(text) });
    const ref = { id: slot.id, bytes, sha256: sha256(text) };
    expect(await get(await world().payloads.urlOf("acme", ref))).toEqual({ status: 200, text });
    const read = await world().payloads.read("acme", slot.id);
    expect(new TextDecoder().decode(read)).toBe(text);
  });

  it("never gives two inputs one place", async () => {
    const slots = await Promise.all(
      Array.from({ length: 50 }, () => world().payloads.newInput("acme", 1)),
    );
    expect(new Set(slots.map(({ id }) => id)).size).toBe(50);
  });

  it("answers a second PUT with 412 and keeps what was there", async () => {
    const slot = await world().payloads.newInput("acme", 3);
    expect(await put(slot, '"a"')).toBe(200);
    expect(await put(slot, '"b"')).toBe(412);
    expect(new TextDecoder().decode(await world().payloads.read("acme", slot.id))).toBe('"a"');
  });

  it("lets one of several PUTs at the same moment win", async () => {
    const slot = await world().payloads.outputOf("acme", "att_01kaq3v5d20c8r6k1n5j7w3y9c");
    const statuses = await Promise.all(
      ["1", "2", "3", "4"].map((digit) => put(slot, digit.repeat(2_000))),
    );
    expect(statuses.sort()).toEqual([200, 412, 412, 412]);
    const kept = new TextDecoder().decode(await world().payloads.read("acme", slot.id));
    expect(kept).toMatch(/^(1{2000}|2{2000}|3{2000}|4{2000})$/);
  });

  it.each([
    ["more bytes than announced", `${text} `],
    ["fewer bytes than announced", text.slice(1)],
    ["other content of the same size", text.replace("rows", "cows")],
  ])("takes nothing but what was announced: %s", async (_, other) => {
    const slot = await world().payloads.newInput("acme", bytes, sha256(text));
    const status = await put(slot, other);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(await world().payloads.find("acme", slot.id)).toBeUndefined();
    expect(await put(slot, text)).toBe(200);
  });
}

function packages(world: () => PayloadWorld): void {
  const uploaded = async (): Promise<string> => {
    const slot = await world().payloads.newPackage("acme", bytes, sha256(text));
    expect(await put(slot, text.replace("rows", "cows"))).toBeGreaterThanOrEqual(400);
    expect(await put(slot, text)).toBe(200);
    return slot.id;
  };

  it("takes a package up, and keeps it for a version whatever becomes of the upload", async () => {
    const upload = await uploaded();
    expect(isPackageUpload(upload)).toBe(true);
    const kept = (await world().payloads.keepPackage("acme", upload)) ?? "";
    expect(isPackageId(kept)).toBe(true);
    await world().payloads.delete("acme", [upload]);
    expect(await world().payloads.find("acme", upload)).toBeUndefined();
    expect(await world().payloads.find("acme", kept)).toEqual({ bytes, sha256: sha256(text) });
    expect(new TextDecoder().decode(await world().payloads.read("acme", kept))).toBe(text);
    const url = await world().payloads.urlOf("acme", { id: kept, bytes, sha256: sha256(text) });
    expect(await get(url)).toEqual({ status: 200, text });
  });

  it("gives each version a package of its own, which goes alone", async () => {
    const upload = await uploaded();
    const one = (await world().payloads.keepPackage("acme", upload)) ?? "";
    const two = (await world().payloads.keepPackage("acme", upload)) ?? "";
    const three = (await world().payloads.keepPackage("acme", one)) ?? "";
    expect(new Set([upload, one, two, three]).size).toBe(4);
    await world().payloads.delete("acme", [one]);
    const found = await Promise.all(
      [upload, one, two, three].map((id) => world().payloads.find("acme", id)),
    );
    expect(found.map((each) => each?.bytes)).toEqual([bytes, undefined, bytes, bytes]);
  });

  it("keeps nothing of what is not there, or is another tenant's", async () => {
    const upload = await uploaded();
    const nothing = `up_${"0".repeat(26)}`;
    expect(await world().payloads.keepPackage("acme", nothing)).toBeUndefined();
    expect(await world().payloads.keepPackage("evil", upload)).toBeUndefined();
  });
}

function finding(world: () => PayloadWorld): void {
  it("has one place for the output of an attempt, the same each time", async () => {
    const [slot, again] = [
      await world().payloads.outputOf("acme", attemptId),
      await world().payloads.outputOf("acme", attemptId),
    ];
    expect(slot.id).toBe(outputIdOf(attemptId));
    expect(again.id).toBe(slot.id);
    expect(await put(slot, text)).toBe(200);
    expect((await world().payloads.find("acme", slot.id))?.bytes).toBe(bytes);
  });

  it("shows a tenant nothing of another's", async () => {
    const id = await stored(world());
    expect(await world().payloads.find("evil", id)).toBeUndefined();
    expect(await world().payloads.read("evil", id)).toBeUndefined();
    const url = await world().payloads.urlOf("evil", { id, bytes, sha256: sha256(text) });
    expect((await get(url)).status).toBe(404);
    await world().payloads.delete("evil", [id]);
    expect(await world().payloads.find("acme", id)).toBeDefined();
  });

  it("opens to nobody without the signature, and to nobody who changed the address", async () => {
    const id = await stored(world());
    const url = await world().payloads.urlOf("acme", { id, bytes, sha256: sha256(text) });
    const other = await stored(world());
    const forged = [
      url.split("?")[0] ?? "",
      url.replace(id, other),
      ...[...new URL(url).searchParams].map(([name, value]) =>
        withQuery(
          url,
          name,
          value.replace(/.$/, (last) => (last === "1" ? "2" : "1")),
        ),
      ),
    ];
    for (const address of forged) {
      expect((await get(address)).status, address).toBeGreaterThanOrEqual(400);
    }
    expect((await fetch(url, { method: "PUT", body: "1" })).status).toBeGreaterThanOrEqual(400);
    expect((await get(url)).text).toBe(text);
  });

  it("closes an address when its time is over, and lets longer ones be asked for", async () => {
    const id = await stored(world());
    const ref = { id, bytes, sha256: sha256(text) };
    const short = await world().payloads.urlOf("acme", ref);
    const long = await world().payloads.urlOf("acme", ref, 3 * 3_600);
    const slot = await world().payloads.newInput("acme", 1);
    world().pass(2 * hour);
    expect((await get(short)).status).toBe(403);
    expect(await put(slot, "1")).toBe(403);
    expect((await get(long)).status).toBe(200);
  });

  it("deletes, also what is not there", async () => {
    const ids = [await stored(world()), await stored(world())];
    await world().payloads.delete("acme", [...ids, outputIdOf("att_01kaq3v5d20c8r6k1n5j7w3y9z")]);
    for (const id of ids) expect(await world().payloads.find("acme", id)).toBeUndefined();
    await world().payloads.delete("acme", []);
  });
}
