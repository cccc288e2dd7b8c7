import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { awsClientDefaults } from "../../../functions/adapters/aws/aws-call.ts";
import { openS3Payloads } from "../../../functions/adapters/aws/s3-payloads.ts";
import { signS3Address } from "../../../functions/adapters/aws/sign-s3-address.ts";
import { openIds } from "../../../functions/runtime/system-ports.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import type { Payloads } from "../../../shared/ports/payloads.ts";
import { payloadSuite } from "./payload-suite.ts";
import { type PayloadWorld, put } from "./payload-world.ts";
import { type StubS3, startStubS3 } from "./stub-s3.ts";

const region = "eu-central-1";
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG",
  sessionToken: "a/token+with=signs",
};

interface S3World extends PayloadWorld {
  readonly stub: StubS3;
}

async function s3World(): Promise<S3World> {
  let nowMs = Date.now();
  const clock = { now: () => nowMs };
  const stub = await startStubS3(credentials.secretAccessKey, clock.now);
  const client = new S3Client({
    ...awsClientDefaults,
    endpoint: stub.endpoint,
    forcePathStyle: true,
    region,
    credentials,
  });
  const payloads: Payloads = openS3Payloads({
    bucket: "yard-payloads",
    region,
    address: `${stub.endpoint}/yard-payloads/`,
    credentials: () => credentials,
    client: async () => client,
    clock,
    ids: openIds(),
    pace: { clock, random: { next: () => 0 }, sleep: async () => undefined },
  });
  return {
    stub,
    payloads,
    pass(ms) {
      nowMs += ms;
    },
    async close() {
      client.destroy();
      await stub.close();
    },
  };
}

payloadSuite("S3", s3World);

describe("payloads in S3", () => {
  let world: S3World;
  beforeEach(async () => {
    world = await s3World();
  });
  afterEach(() => world.close());

  it("lie below their tenant's name", async () => {
    const slot = await world.payloads.newInput("acme", 2);
    expect(await put(slot, "{}")).toBe(200);
    expect([...world.stub.objects.keys()]).toEqual([`/yard-payloads/T/acme/${slot.id}`]);
  });

  it("lie apart when they are packages, uploaded or kept, so that other rules hold for them", async () => {
    const slot = await world.payloads.newPackage("acme", 2);
    expect(await put(slot, "{}")).toBe(200);
    const kept = await world.payloads.keepPackage("acme", slot.id);
    expect([...world.stub.objects.keys()]).toEqual([
      `/yard-payloads/U/acme/${slot.id}`,
      `/yard-payloads/P/acme/${kept}`,
    ]);
  });

  it("are asked for again when S3 is busy, and a lasting fault is one of the world", async () => {
    const slot = await world.payloads.newInput("acme", 2);
    await put(slot, "{}");
    world.stub.failNext(503);
    expect((await world.payloads.find("acme", slot.id))?.bytes).toBe(2);
    for (let tries = 0; tries < 3; tries++) world.stub.failNext(500);
    await expect(world.payloads.find("acme", slot.id)).rejects.toBeInstanceOf(TransientError);
  });
});

describe("addresses of S3 that we sign", () => {
  const bucket = "switchyard-payloads-1";
  const Key = "T/acme/in_0123456789abcdefghjkmnpq";
  const url = `https://${bucket}.s3.${region}.amazonaws.com/${Key}`;
  const atMs = Date.parse("2026-11-20T09:00:00Z");
  const client = new S3Client({ region, credentials, requestChecksumCalculation: "WHEN_REQUIRED" });
  const signing = { expiresIn: 3_600, signingDate: new Date(atMs) };

  /** The SDK adds parameters that only it reads; they take part in its signature. */
  const meant = (address: string): readonly string[] =>
    [...new URL(address).searchParams.keys()].filter((name) => /^X-Amz-(?!Signature)/.test(name));

  it("say the same as those of the SDK", async () => {
    const ours = signS3Address(
      { method: "GET", url, region, headers: {}, expiresSeconds: 3_600, atMs },
      credentials,
    );
    const theirs = await getSignedUrl(
      client,
      new GetObjectCommand({ Bucket: bucket, Key }),
      signing,
    );
    expect(meant(ours)).toEqual(meant(theirs));
    for (const name of meant(ours)) {
      expect(new URL(ours).searchParams.get(name)).toBe(new URL(theirs).searchParams.get(name));
    }
    expect(new URL(ours).origin + new URL(ours).pathname).toBe(
      new URL(theirs).origin + new URL(theirs).pathname,
    );
  });

  it("name the headers of a PUT that must not differ, as the SDK does", async () => {
    const headers = { "if-none-match": "*", "content-length": "12" };
    const ours = signS3Address(
      { method: "PUT", url, region, headers, expiresSeconds: 3_600, atMs },
      credentials,
    );
    const theirs = await getSignedUrl(
      client,
      new PutObjectCommand({ Bucket: bucket, Key, IfNoneMatch: "*", ContentLength: 12 }),
      signing,
    );
    const signed = (address: string) => new URL(address).searchParams.get("X-Amz-SignedHeaders");
    expect(signed(ours)).toBe(signed(theirs));
  });
});
