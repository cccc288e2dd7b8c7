import { describe, expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { admin, contents, define, expectProblem, openYard, simpleTask, submit } from "./yard.ts";

describe("cancelling an instance", () => {
  it("ends it at once, and the dispatcher stops its attempt when hinted", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello" });
    await yard.dispatch();
    const reply = await yard.call("POST", `/v1/instances/${id}/cancel`, {
      body: { reason: "typo" },
    });
    expect(reply.status).toBe(202);
    expect(reply.body).toMatchObject({ state: "cancelled", attempts: [{ state: "cancelled" }] });
    expect(yard.stopped).toEqual([]);
    expect(yard.hints).toMatchObject([{ tenant: "acme", instanceId: id }]);
    await yard.dispatch();
    const attemptId = reply.body.attempts[0].id;
    expect(yard.stopped).toEqual([
      { tenant: "acme", instanceId: id, attemptId, externalId: "run-1" },
    ]);
  });

  it("answers the same when asked again, changes nothing, and hints once more", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello" });
    const first = await yard.call("POST", `/v1/instances/${id}/cancel`);
    const before = contents(yard);
    yard.hints.splice(0);
    const again = await yard.call("POST", `/v1/instances/${id}/cancel`, {
      body: { reason: "other" },
    });
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect(contents(yard)).toBe(before);
    expect(yard.hints).toHaveLength(1);
  });

  it("needs no dispatcher for an instance that never had an attempt", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello", delaySeconds: 60 });
    yard.hints.splice(0);
    const reply = await yard.call("POST", `/v1/instances/${id}/cancel`);
    expect(reply.body.state).toBe("cancelled");
    expect(yard.hints).toEqual([]);
  });

  it("is refused for an instance that has ended otherwise", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello" });
    await yard.report(id, { kind: "succeeded" });
    const before = contents(yard);
    const reply = await yard.call("POST", `/v1/instances/${id}/cancel`);
    const problem = expectProblem(reply, 409, "illegal_transition");
    expect(problem.detail).toBe(
      "cancel is not possible while the instance is succeeded; it needs pending, dispatched, running",
    );
    expect(contents(yard)).toBe(before);
  });
});

describe("retrying an instance", () => {
  it("starts a new round of a failed instance, which the dispatcher then claims", async () => {
    const yard = openYard();
    await define(yard, "hello", { ...simpleTask, retry: { maxAttempts: 1 } });
    const id = await submit(yard, { task: "hello" });
    await yard.report(id, { kind: "failed", error: { class: "error", message: "no" } });
    yard.hints.splice(0);
    const reply = await yard.call("POST", `/v1/instances/${id}/retry`, {
      body: { reason: "fixed" },
    });
    expect(reply.status).toBe(202);
    expect(reply.body).toMatchObject({ state: "pending", round: 2 });
    expect(reply.body).not.toHaveProperty("error");
    await yard.dispatch();
    expect(await yard.instance(id)).toMatchObject({ state: "running", attemptCount: 2 });
  });

  it.each(["pending", "running", "succeeded"] as const)(
    "is refused while it is %s",
    async (state) => {
      const yard = openYard();
      await define(yard, "hello");
      const id = await submit(yard, { task: "hello", delaySeconds: state === "pending" ? 60 : 0 });
      if (state !== "pending") await yard.dispatch();
      if (state === "succeeded") await yard.report(id, { kind: "succeeded" });
      expect((await yard.instance(id)).state).toBe(state);
      const before = contents(yard);
      const reply = await yard.call("POST", `/v1/instances/${id}/retry`);
      expect(expectProblem(reply, 409, "illegal_transition").detail).toContain(
        "it needs failed, cancelled, timed_out, expired",
      );
      expect(contents(yard)).toBe(before);
    },
  );

  it("is refused after the last round", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello", delaySeconds: 60 });
    const act = (action: string) => yard.call("POST", `/v1/instances/${id}/${action}`);
    for (let round = 1; round < limits.roundsMax; round++) {
      await act("cancel");
      expect((await act("retry")).body.round).toBe(round + 1);
    }
    await act("cancel");
    const reply = await act("retry");
    expect(expectProblem(reply, 409, "illegal_transition").detail).toContain(
      "submit a new instance",
    );
  });
});

describe("acting on an instance", () => {
  it.each(["cancel", "retry"])("answers 404 to %s where there is none", async (action) => {
    const yard = openYard();
    for (const id of ["ins_00000000000000000000000000", "nope", "..%2f..%2fx", "ins_%00"]) {
      const reply = await yard.call("POST", `/v1/instances/${id}/${action}`);
      expectProblem(reply, 404, "instance_not_found");
    }
  });

  it.each([
    ["an unknown field", { why: "x" }, "unknown_field", "/why"],
    ["a reason that is no text", { reason: 5 }, "invalid_field", "/reason"],
    ["a reason too long", { reason: "é".repeat(257) }, "invalid_field", "/reason"],
    ["a reason with control characters", { reason: "a\u001b[31mb" }, "invalid_field", "/reason"],
    ["a list", [], "invalid_field", ""],
  ] as const)("refuses %s", async (_, body, code, pointer) => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello" });
    const before = contents(yard);
    const reply = await yard.call("POST", `/v1/instances/${id}/cancel`, { body });
    expect(expectProblem(reply, 400, code).pointer).toBe(pointer);
    expect(contents(yard)).toBe(before);
  });

  it("takes no body at all, an empty one, and refuses one that does not say what it is", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const path = `/v1/instances/${await submit(yard, { task: "hello" })}/cancel`;
    expect((await yard.call("POST", path)).status).toBe(202);
    expect((await yard.call("POST", path, { headers: { "content-length": "0" } })).status).toBe(
      202,
    );
    expect((await yard.call("POST", path, { rawBody: "" })).status).toBe(202);
    const untyped = new TextEncoder().encode('{"reason":"x"}');
    const reply = await yard.api.request(path, {
      method: "POST",
      body: untyped,
      headers: { "x-caller": JSON.stringify(admin) },
    });
    expect(reply.status).toBe(415);
  });
});
