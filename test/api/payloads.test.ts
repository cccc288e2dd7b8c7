import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { outputIdOf } from "../../shared/core/payload-ref.ts";
import { admin, define, expectProblem, openYard, stranger, submit, type Yard } from "./yard.ts";

const text = JSON.stringify("x".repeat(200_000));
const bytes = new TextEncoder().encode(text);
const sha256 = createHash("sha256").update(bytes).digest("hex");

let yard: Yard;
const upload = (tenant = admin.tenant) => ({
  id: yard.payloads.put(tenant, bytes),
  bytes: bytes.length,
  sha256,
});
const post = (body: unknown) => yard.call("POST", "/v1/instances", { body });

beforeEach(async () => {
  yard = openYard();
  await define(yard, "hello");
});

describe("POST /v1/payloads", () => {
  const ask = (body: object) => yard.call("POST", "/v1/payloads", { body });

  it("gives a place for an input, or for a package when that is what is asked for", async () => {
    expect((await ask({ bytes: 5 })).body.id).toMatch(/^in_/);
    expect((await ask({ purpose: "input", bytes: 5 })).body.id).toMatch(/^in_/);
    expect((await ask({ purpose: "package", bytes: 5 })).body.id).toMatch(/^up_/);
  });

  it("refuses another purpose, and a package that is larger than one can be", async () => {
    const other = expectProblem(await ask({ purpose: "spare", bytes: 5 }), 400, "invalid_field");
    expect(other.pointer).toBe("/purpose");
    const larger = await ask({ purpose: "package", bytes: limits.packageBytesMax + 1 });
    expect(expectProblem(larger, 400, "invalid_field").pointer).toBe("/bytes");
    expect((await ask({ bytes: limits.packageBytesMax + 1 })).status).toBe(201);
  });
});

describe("a submission by reference", () => {
  it("makes an instance that shows the reference and leads to the input", async () => {
    const inputRef = upload();
    const id = await submit(yard, { task: "hello", inputRef });
    const { body } = await yard.call("GET", `/v1/instances/${id}`);
    expect(body.inputRef).toEqual({ ...inputRef, href: `/v1/instances/${id}/input` });
    expect(body.input).toBeUndefined();
    const reply = await yard.call("GET", body.inputRef.href);
    expect(reply.status).toBe(307);
    expect(reply.headers.get("location")).toBe(`memory:acme/${inputRef.id}`);
    expect(reply.body).toEqual({ url: `memory:acme/${inputRef.id}`, bytes: bytes.length, sha256 });
  });

  it("is refused while nothing was uploaded, with the reason", async () => {
    const inputRef = { ...upload(), id: "in_00000000000000000000000000" };
    const problem = expectProblem(
      await post({ task: "hello", inputRef }),
      404,
      "payload_not_found",
    );
    expect(problem.pointer).toBe("/inputRef/id");
  });

  it("cannot use what another tenant uploaded", async () => {
    const inputRef = upload(stranger.tenant);
    expectProblem(await post({ task: "hello", inputRef }), 404, "payload_not_found");
  });

  it("is refused when the upload has another size", async () => {
    const inputRef = { ...upload(), bytes: bytes.length - 1 };
    const problem = expectProblem(await post({ task: "hello", inputRef }), 400, "invalid_field");
    expect(problem.pointer).toBe("/inputRef/bytes");
  });

  it("is the same again with the same key and content, whatever the upload is called", async () => {
    const idempotencyKey = "once";
    const first = await post({ task: "hello", inputRef: upload(), idempotencyKey });
    const second = await post({ task: "hello", inputRef: upload(), idempotencyKey });
    expect([first.status, second.status]).toEqual([202, 200]);
    expect(second.body.id).toBe(first.body.id);
    expect(second.body.inputRef.id).toBe(first.body.inputRef.id);
  });

  it("has its upload to itself", async () => {
    const inputRef = upload();
    const id = await submit(yard, { task: "hello", inputRef });
    const problem = expectProblem(
      await post({ task: "hello", inputRef }),
      404,
      "payload_not_found",
    );
    expect(problem.detail).toContain(id);
    const claim = await yard.store.get(keys.payloadClaim("acme", inputRef.id));
    expect(claim?.body).toEqual({ instanceId: id });
  });

  it("gets its own answer in a batch", async () => {
    const items = [
      { task: "hello", inputRef: upload() },
      {
        task: "hello",
        inputRef: { ...upload(), sha256: "0".repeat(64), id: "in_zzzzzzzzzzzzzzzzzzzzzzzz" },
      },
      { task: "hello", input: 1 },
    ];
    const { body } = await yard.call("POST", "/v1/instances/batch", { body: { items } });
    expect(body.items.map(({ status }: { status: number }) => status)).toEqual([202, 404, 202]);
    expect(body.items[1].error.pointer).toBe("/items/1/inputRef/id");
  });
});

describe("a submission by reference is refused", () => {
  it.each([
    ["an input as well", { input: 1 }, "/inputRef"],
    ["an id that is none", { inputRef: { id: "../x", bytes: 1, sha256 } }, "/inputRef/id"],
    [
      "the output of an attempt",
      { inputRef: { id: "out_0123456789", bytes: 1, sha256 } },
      "/inputRef/id",
    ],
    [
      "an uploaded package",
      { inputRef: { id: `up_${"0".repeat(26)}`, bytes: 1, sha256 } },
      "/inputRef/id",
      "names a package",
    ],
    [
      "the package of a version",
      { inputRef: { id: `pk_${"0".repeat(26)}`, bytes: 1, sha256 } },
      "/inputRef/id",
      "names a package",
    ],
    ["no hash", { inputRef: { id: "in_000000000000000000000000", bytes: 1 } }, "/inputRef/sha256"],
  ])("with %s", async (_, fields, pointer, detail = "") => {
    const reply = await post({ task: "hello", inputRef: upload(), ...fields });
    const problem = expectProblem(reply, 400, "invalid_field");
    expect(problem.pointer).toBe(pointer);
    expect(problem.detail).toContain(detail);
  });
});

describe("an output that was put away", () => {
  const outputOf = async (id: string) => {
    const { attempts } = await yard.instance(id);
    return outputIdOf(attempts.at(-1)?.id ?? "");
  };

  it("is recorded once it is there, and leads to it", async () => {
    const id = await submit(yard, { task: "hello" });
    await yard.dispatch();
    const outputId = await outputOf(id);
    yard.payloads.kept.set(`acme/${outputId}`, bytes);
    const outputRef = { id: outputId, bytes: bytes.length, sha256 };
    await yard.report(id, { kind: "succeeded", outputRef });
    const { body } = await yard.call("GET", `/v1/instances/${id}`);
    expect(body).toMatchObject({ state: "succeeded", outputRef });
    expect((await yard.call("GET", body.outputRef.href)).status).toBe(307);
    yard.payloads.kept.clear();
    expectProblem(await yard.call("GET", body.outputRef.href), 404, "payload_not_found");
  });

  it.each([
    ["is not there", undefined],
    ["has another size", bytes.subarray(1)],
  ])("fails the attempt when it %s", async (_, found) => {
    const id = await submit(yard, { task: "hello" });
    await yard.dispatch();
    const outputId = await outputOf(id);
    if (found !== undefined) yard.payloads.kept.set(`acme/${outputId}`, found);
    const outputRef = { id: outputId, bytes: bytes.length, sha256 };
    await yard.report(id, { kind: "succeeded", outputRef });
    const { state, outputRef: kept, error } = await yard.instance(id);
    expect({ state, kept, class: error?.class }).toEqual({
      state: "failed",
      kept: undefined,
      class: "invalid_output",
    });
  });

  it("goes with its instance when that is purged, and so does the input", async () => {
    const id = await submit(yard, { task: "hello", inputRef: upload() });
    await yard.dispatch();
    const outputId = await outputOf(id);
    yard.payloads.kept.set(`acme/${outputId}`, bytes);
    await yard.report(id, {
      kind: "succeeded",
      outputRef: { id: outputId, bytes: bytes.length, sha256 },
    });
    yard.now += 1_000;
    const before = new Date(yard.now).toISOString();
    const { body } = await yard.call("POST", "/v1/instances/purge", { body: { before } });
    expect(body.instancesDeleted).toBe(1);
    expect([...yard.payloads.kept.keys()]).toEqual([]);
  });
});

describe("the trace of a request", () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  it("is kept with the instance when it is sound, with its company", async () => {
    const headers = {
      traceparent,
      tracestate: "vendor=1",
      baggage: "user=ada, switchyard.group=x",
    };
    const { body } = await yard.call("POST", "/v1/instances", { body: { task: "hello" }, headers });
    expect(body.trace).toEqual({ traceparent, tracestate: "vendor=1", baggage: "user=ada" });
    const items = [{ task: "hello" }, { task: "hello" }];
    const batch = await yard.call("POST", "/v1/instances/batch", { body: { items }, headers });
    for (const { instance } of batch.body.items)
      expect(instance.trace.traceparent).toBe(traceparent);
  });

  it.each([
    "nonsense",
    `${traceparent}-00`,
    traceparent.replace("b7ad6b7169203331", "0".repeat(16)),
  ])("never keeps work from being accepted: %s", async (malformed) => {
    const headers = { traceparent: malformed, baggage: "user=ada" };
    const reply = await yard.call("POST", "/v1/instances", { body: { task: "hello" }, headers });
    expect(reply.status).toBe(202);
    expect(reply.body.trace).toBeUndefined();
  });
});
