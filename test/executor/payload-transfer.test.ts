import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { defineTask } from "../../client/task/define-task.ts";
import { invocationEnvelope } from "../../shared/contract/envelope.ts";
import { limits } from "../../shared/core/limits.ts";
import { outputIdOf } from "../../shared/core/payload-ref.ts";
import type { AttemptOrder } from "../../shared/ports/backend.ts";
import { errorOf, type LocalYard, openYard, outputOf } from "./local-yard.ts";

const large = JSON.stringify({ text: "ä".repeat(100_000) });
const refOf = (text: string) => ({
  id: "in_000000000000000000000000",
  bytes: Buffer.byteLength(text),
  sha256: createHash("sha256").update(text).digest("hex"),
});

/** A place for payloads that does what the test says, and notes what it was asked. */
const place = {
  url: "",
  payload: large,
  /** Answered to the next requests, before all is well. */
  statuses: [] as number[],
  /** Connections that are closed without an answer, after the payload was kept. */
  cutAfter: 0,
  requests: [] as string[],
  kept: undefined as string | undefined,
};

const server = createServer(async (request, response) => {
  place.requests.push(`${request.method} ${request.headers["if-none-match"] ?? ""}`.trim());
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const status = place.statuses.shift();
  if (status !== undefined) return response.writeHead(status).end();
  if (request.method !== "PUT") return response.end(place.payload);
  if (place.kept !== undefined) return response.writeHead(412).end();
  place.kept = Buffer.concat(parts).toString();
  if (place.cutAfter-- > 0) return response.destroy();
  return response.end();
});

let yard: LocalYard;
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  place.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/payload`;
  yard = await openYard({
    "echo.mjs": "export const handler = (event) => event.inputs;",
    "length.mjs": "export const handler = (event) => event.inputs.text.length;",
    "marker.mjs":
      "export const handler = () => ({ switchyard_output: { bytes: 9, sha256: 'ab'.repeat(32) } });",
  });
});
afterAll(async () => {
  await yard.close();
  server.closeAllConnections();
  server.close();
});
afterEach(() => {
  Object.assign(place, {
    payload: large,
    statuses: [],
    cutAfter: 0,
    requests: [],
    kept: undefined,
  });
});

async function run(module: string, more: Partial<AttemptOrder>) {
  const order = { ...yard.order({ module }), ...more };
  const final = yard.finalOf(order.attemptId);
  expect(await yard.executor.start(order)).toEqual({ outcome: "accepted" });
  return { final: await final, order };
}
const byReference = (text = large) => ({ inputRef: { ...refOf(text), url: place.url } });

describe("an input by reference", () => {
  it("is inside the event of a function that knows nothing of references", async () => {
    expect(outputOf((await run("length.mjs", byReference())).final)).toBe(100_000);
    expect(place.requests).toEqual(["GET"]);
  });

  it("is fetched again while its place is not well", async () => {
    place.statuses = [503, 500, 429];
    expect(outputOf((await run("length.mjs", byReference())).final)).toBe(100_000);
    expect(place.requests).toHaveLength(4);
  });

  it.each([
    ["other content of the same size", large.replace("text", "tex7")],
    ["less than was submitted", large.slice(1)],
    ["more than was submitted", `${large} `],
  ])("fails the attempt for good when there is %s", async (_, payload) => {
    place.payload = payload;
    const error = errorOf((await run("length.mjs", byReference())).final);
    expect(error).toMatchObject({ class: "error", name: "PayloadError", retryable: false });
    expect(error.message).toContain("not what was submitted");
  });

  it("fails the attempt for good when it is gone, and when it is no JSON", async () => {
    place.statuses = [404];
    const gone = errorOf((await run("length.mjs", byReference())).final);
    expect(gone).toMatchObject({ retryable: false });
    place.payload = "{";
    const broken = errorOf((await run("length.mjs", byReference("{"))).final);
    expect(broken).toMatchObject({ retryable: false });
    expect(broken.message).toContain("not JSON");
  });

  it("costs the task no try when its address is refused", async () => {
    place.statuses = [403];
    const error = errorOf((await run("length.mjs", byReference())).final);
    expect(error).toMatchObject({ class: "backend_fault" });
    expect(error.retryable).toBeUndefined();
  });
});

describe("an output above the inline limit", () => {
  const input = JSON.parse(large);

  it("is put away, and the report says where and what it is", async () => {
    const { final, order } = await run("echo.mjs", { input, outputUrl: place.url });
    const { bytes, sha256 } = refOf(large);
    expect(final).toMatchObject({
      kind: "succeeded",
      outputRef: { id: outputIdOf(order.attemptId), bytes, sha256 },
    });
    expect(place.kept).toBe(large);
    expect(place.requests).toEqual(["PUT *"]);
  });

  it("is not put away when it fits", async () => {
    const fits = "x".repeat(limits.outputBytesMax - 2);
    const { final } = await run("echo.mjs", { input: fits, outputUrl: place.url });
    expect(outputOf(final)).toBe(fits);
    expect(place.requests).toEqual([]);
  });

  it("is refused where no place is offered", async () => {
    expect(errorOf((await run("echo.mjs", { input })).final).class).toBe("invalid_output");
  });

  it("is there when only the answer was lost", async () => {
    place.cutAfter = 1;
    const { final } = await run("echo.mjs", { input, outputUrl: place.url });
    expect(final).toMatchObject({ kind: "succeeded", outputRef: { bytes: refOf(large).bytes } });
    expect(place.requests).toEqual(["PUT *", "PUT *"]);
  });

  it("never replaces that of another run of the same attempt", async () => {
    place.kept = "what came first";
    const error = errorOf((await run("echo.mjs", { input, outputUrl: place.url })).final);
    expect(error).toMatchObject({ class: "backend_fault" });
    expect(place.kept).toBe("what came first");
  });

  it("may have been put away by the function itself, if a place was offered", async () => {
    const offered = await run("marker.mjs", { outputUrl: place.url });
    expect(offered.final).toMatchObject({ outputRef: { bytes: 9, sha256: "ab".repeat(32) } });
    const plain = await run("marker.mjs", {});
    expect(outputOf(plain.final)).toMatchObject({ switchyard_output: { bytes: 9 } });
  });
});

describe("a defined task where no runner of ours helps, as on Lambda", () => {
  const event = (more: object) => invocationEnvelope({ ...yard.order(), ...more });
  const echo = defineTask({ handler: (input: { readonly text: string }) => input });

  it("fetches its input and puts its output away, and returns the marker", async () => {
    const returned = await echo(event({ ...byReference(), outputUrl: place.url }));
    const { bytes, sha256 } = refOf(large);
    expect(returned).toEqual({ switchyard_output: { bytes, sha256 } });
    expect(place.kept).toBe(large);
  });

  it("returns what fits as it is", async () => {
    const small = { text: "small" };
    expect(await echo(event({ input: small, outputUrl: place.url }))).toEqual(small);
    expect(place.requests).toEqual([]);
  });

  it("fails under the name that says so when no other try can help", async () => {
    place.payload = "something else";
    await expect(echo(event(byReference()))).rejects.toMatchObject({ name: "FinalError" });
  });

  it("hands its trace to the handler", async () => {
    const given = event({});
    const seen = await defineTask({ handler: (_: unknown, { trace }) => trace })(given);
    expect(seen).toEqual(given.trace);
    expect(seen.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});
