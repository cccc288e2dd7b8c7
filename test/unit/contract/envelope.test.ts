import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { invocationEnvelope } from "../../../shared/contract/envelope.ts";
import { isInvocationEnvelope, outputMarkerOf } from "../../../shared/contract/envelope-form.ts";
import { EnvelopeSchema, OutputMarkerSchema } from "../../../shared/contract/envelope-schema.ts";
import { utf8Bytes } from "../../../shared/core/texts.ts";

const update = process.env.UPDATE_DOCS === "1";

const plain = {
  tenant: "acme",
  instanceId: "ins_01kaq3v5cs7h2m4d9x8w6t0r1b",
  attemptId: "att_01kaq3v5d20c8r6k1n5j7w3y9e",
  attempt: 1,
  task: "resize",
  taskVersion: 3,
  timeoutMs: 10_000,
  orderedAtMs: Date.parse("2026-11-20T12:00:00Z"),
  deadlineAtMs: Date.parse("2026-11-20T12:00:10Z"),
};
const sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

describe("the envelope of an attempt", () => {
  it("says who, when, how long and in which trace, and is small for a plain task", () => {
    const envelope = invocationEnvelope(plain);
    expect(EnvelopeSchema.safeParse(envelope).error).toBeUndefined();
    expect(envelope).toMatchObject({
      request_id: plain.attemptId,
      execution_time: "2026-11-20T12:00:00.000Z",
      deadline: "2026-11-20T12:00:10.000Z",
      resource_limits: { timeout_ms: 10_000 },
    });
    expect(utf8Bytes(JSON.stringify(envelope))).toBeLessThan(700);
  });

  it("names addresses where payloads travel by reference, and every limit there is", () => {
    const envelope = invocationEnvelope({
      ...plain,
      memoryMb: 512,
      cpuCores: 2,
      group: "media",
      inputRef: { id: "in_1", url: "https://example.com/in", bytes: 200_000, sha256 },
      outputUrl: "https://example.com/out",
    });
    expect(EnvelopeSchema.safeParse(envelope).error).toBeUndefined();
    expect(envelope.inputs_ref).toEqual({ url: "https://example.com/in", bytes: 200_000, sha256 });
    expect(envelope.outputs_url).toEqual({
      url: "https://example.com/out",
      inline_bytes_max: 131_072,
    });
    expect(envelope.resource_limits).toEqual({ timeout_ms: 10_000, memory_mb: 512, cpu_cores: 2 });
    const { instanceId } = plain;
    expect(envelope.trace?.baggage).toBe(
      `switchyard.instance=${instanceId},switchyard.group=media,switchyard.colour=${instanceId}`,
    );
  });

  it("is told apart from what others send, whatever fields it has", () => {
    expect(isInvocationEnvelope(invocationEnvelope(plain))).toBe(true);
    expect(isInvocationEnvelope({ ...invocationEnvelope(plain), version: 2 })).toBe(false);
  });

  it("is the schema that docs/envelope.schema.json gives", () => {
    const file = "docs/envelope.schema.json";
    const schema = z.toJSONSchema(EnvelopeSchema, { target: "draft-2020-12", io: "input" });
    const titled = { title: "Switchyard invocation envelope, version 1", ...schema };
    if (update) writeFileSync(file, `${JSON.stringify(titled, null, 2)}\n`);
    else expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(titled)));
  });
});

describe("the marker of an output that was put away", () => {
  const marker = { switchyard_output: { bytes: 200_000, sha256 } };

  it("is what the schema says", () => {
    expect(outputMarkerOf(marker)).toEqual(marker);
    expect(OutputMarkerSchema.safeParse(marker).success).toBe(true);
  });

  it.each([
    null,
    "text",
    {},
    { ...marker, more: 1 },
    { switchyard_output: { bytes: 1 } },
    { switchyard_output: { bytes: 1.5, sha256 } },
    { switchyard_output: { bytes: 0, sha256 } },
    { switchyard_output: { bytes: 1, sha256: sha256.toUpperCase() } },
    { switchyard_output: { bytes: 1, sha256, url: "https://example.com" } },
  ])("is not %j, which is an output", (value) => {
    expect(outputMarkerOf(value)).toBeUndefined();
    expect(OutputMarkerSchema.safeParse(value).success).toBe(false);
  });
});
