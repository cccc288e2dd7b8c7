import { describe, expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { auditInstance } from "../../shared/instance/audit.ts";
import { type HostileSubmission, hostileSubmissions } from "./hostile-submissions.ts";
import { contents, define, expectProblem, openYard, submit, type Yard } from "./yard.ts";

async function yardWithTask(): Promise<Yard> {
  const yard = openYard();
  await define(yard, "hello");
  return yard;
}

const hasBackend = ({ code }: HostileSubmission): boolean => code !== "no_feasible_backend";
/** Refused by the transport of a single request, so that no item of a batch can be like it. */
const needsOwnBody = new Set(["malformed_json", "unsupported_media_type"]);
const items = hostileSubmissions.filter(
  ({ code, status, headers, name }) =>
    !needsOwnBody.has(code) && headers === undefined && !(status === 413 && name.includes("body")),
);

describe("hostile submissions", () => {
  it.each(hostileSubmissions)(
    "are refused: $name",
    async ({ body, headers = {}, status, code, pointer }) => {
      const yard = await yardWithTask();
      const before = contents(yard);
      const reply = await yard.call("POST", "/v1/instances", { rawBody: body, headers });
      const problem = expectProblem(reply, status, code);
      if (pointer !== undefined) expect(problem.pointer).toBe(pointer);
      expect(problem.detail.length).toBeLessThan(1_000);
      expect(contents(yard)).toBe(before);
      expect(yard.hints).toEqual([]);
    },
  );

  it("are refused the same as items of a batch, without harm to their neighbours", async () => {
    const yard = await yardWithTask();
    const good = { task: "hello", input: "good" };
    const bodies = items.flatMap(({ body }) => [JSON.parse(String(body)), good]);
    const reply = await yard.call("POST", "/v1/instances/batch", { body: { items: bodies } });
    expect(reply.status, reply.text.slice(0, 500)).toBe(200);
    expect(reply.body.items).toHaveLength(bodies.length);
    for (const [index, { name, status, code, pointer }] of items.entries()) {
      const { error, ...refused } = reply.body.items[2 * index];
      expect({ name, ...refused, code: error.code }).toEqual({ name, status, code });
      if (pointer !== undefined) expect(error.pointer).toBe(`/items/${2 * index}${pointer}`);
      expect(reply.body.items[2 * index + 1].status).toBe(202);
    }
    const stored = [...yard.store.all()].filter(({ type }) => type === "instance");
    expect(stored).toHaveLength(items.length);
    expect(items.filter(hasBackend).length).toBeGreaterThan(80);
  });

  it("never appear in the log", async () => {
    const yard = await yardWithTask();
    await submit(yard, { task: "hello", input: { secret: "canary-4711" }, tags: { a: "canary" } });
    await yard.call("POST", "/v1/instances", { rawBody: '{"task":"hello","input":"canary' });
    await yard.call("POST", "/v1/instances", { body: { task: "canary-9" } });
    await yard.dispatch();
    expect(JSON.stringify(yard.logged)).not.toContain("canary");
  });

  it("that stream more than is allowed are cut off before all of it was read", async () => {
    const yard = await yardWithTask();
    let read = 0;
    const chunk = new Uint8Array(64 * 1_024).fill(0x20);
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        read += chunk.length;
        controller.enqueue(chunk);
      },
    });
    const reply = await yard.call("POST", "/v1/instances", { rawBody: endless });
    expectProblem(reply, 413, "payload_too_large");
    expect(read).toBeLessThan(limits.bodyBytesMax + 4 * chunk.length);
  });
});

const harmless: readonly (readonly [string, string])[] = [
  ["timeoutSeconds 1.5", '{"task":"hello","timeoutSeconds":1.5}'],
  ["minus zero", '{"task":"hello","priority":-0,"input":-0.0}'],
  ["a whole number written as a fraction", '{"task":"hello","priority":5.0}'],
  ["an exponent", '{"task":"hello","priority":0.5e1}'],
  ["a number at the edge of precision", '{"task":"hello","input":9007199254740992}'],
  ["a float with all its digits", '{"task":"hello","input":0.30000000000000004}'],
  ["a pair of surrogates", '{"task":"hello","input":"\\ud83d\\ude00"}'],
  ["a NUL inside the input", '{"task":"hello","input":"\\u0000\\ufffe"}'],
  ["markup inside the input", '{"task":"hello","input":"<img onerror=alert(1)>\\u001b[2J=cmd|"}'],
  ["the deepest allowed input", `{"task":"hello","input":${"[".repeat(19)}${"]".repeat(19)}}`],
  [
    "the longest allowed input",
    `{"task":"hello","input":"${"x".repeat(limits.inputBytesMax - 2)}"}`,
  ],
  ["the longest key", `{"task":"hello","idempotencyKey":"${"~".repeat(256)}"}`],
  [
    "words that are only names",
    '{"task":"hello","input":{"hasOwnProperty":1,"toString":2,"then":3}}',
  ],
  [
    "20 tags",
    JSON.stringify({
      task: "hello",
      tags: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, "é".repeat(128)])),
    }),
  ],
  ["an offset", '{"task":"hello","startAt":"2026-11-20T18:30:00+09:00"}'],
];

describe("unusual but good submissions", () => {
  it.each(harmless)("are taken and kept unchanged: %s", async (_, rawBody) => {
    const yard = await yardWithTask();
    const reply = await yard.call("POST", "/v1/instances", { rawBody });
    expect(reply.status, reply.text.slice(0, 500)).toBe(202);
    const stored = await yard.instance(reply.body.id);
    expect(JSON.stringify(stored.input)).toBe(JSON.stringify(JSON.parse(rawBody).input));
    expect(auditInstance(stored)).toEqual([]);
    const shown = await yard.call("GET", `/v1/instances/${reply.body.id}`);
    expect(shown.body).toEqual(reply.body);
  });

  it("may name the charset that JSON has anyway", async () => {
    const yard = await yardWithTask();
    for (const type of ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']) {
      const reply = await yard.call("POST", "/v1/instances", {
        rawBody: '{"task":"hello"}',
        headers: { "content-type": type },
      });
      expect(reply.status).toBe(202);
    }
  });
});
