import { describe, expect, it } from "vitest";
import { readDestination } from "../../functions/complete/destination-event.ts";
import { limits } from "../../shared/core/limits.ts";
import { destinationRecord, type InvocationEnd } from "./lambda-events.ts";

const invocation = {
  requestId: "4d9c6d4f-7f7d-4c79-9d2a-0a8a1c3f1f10",
  functionArn: "arn:aws:lambda:us-east-1:123456789012:function:resize:live",
  payload: {
    version: 1,
    task_id: "ins_01kaq3v5cs7h2m4d9x8w6t0r1b",
    instance: {
      id: "ins_01kaq3v5cs7h2m4d9x8w6t0r1b",
      tenant: "acme",
      task: "resize",
      task_version: 3,
    },
    attempt: { id: "att_01kaq3v5cs7h2m4d9x8w6t0r1b", number: 1 },
    attempt_token: "secret-token",
    inputs: { width: 240 },
    deadline: "2026-11-20T21:05:00.000Z",
    resource_limits: { timeout_ms: 300_000 },
  },
};

const from = {
  tenant: "acme",
  instanceId: "ins_01kaq3v5cs7h2m4d9x8w6t0r1b",
  attemptId: "att_01kaq3v5cs7h2m4d9x8w6t0r1b",
  token: "secret-token",
  externalId: invocation.requestId,
};

const read = (end: InvocationEnd) => readDestination(destinationRecord(invocation, end));
const failed = (payload: unknown) => read({ kind: "failure", payload });

function errorOf(end: InvocationEnd) {
  const reading = read(end);
  if (reading.outcome !== "read" || reading.value.kind !== "failed") {
    throw new TypeError(`not a failure: ${JSON.stringify(reading)}`);
  }
  return reading.value.error;
}

describe("a success at the destination", () => {
  it("becomes a report with the function's answer as output", () => {
    const reading = read({ kind: "success", payload: { ok: true, list: [1, "two", null] } });
    const output = { ok: true, list: [1, "two", null] };
    expect(reading).toEqual({ outcome: "read", value: { ...from, kind: "succeeded", output } });
  });

  it("has no output when the function returned nothing", () => {
    const reading = read({ kind: "success", payload: null });
    expect(reading).toEqual({ outcome: "read", value: { ...from, kind: "succeeded" } });
  });

  it("is a reference when the function has put its output away where the event told it to", () => {
    const put = { bytes: 500_000, sha256: "ab".repeat(32) };
    const payload = { switchyard_output: put };
    const offered = {
      ...invocation,
      payload: {
        ...invocation.payload,
        outputs_url: { url: "https://example.com", inline_bytes_max: 9 },
      },
    };
    const outputRef = { id: "out_01kaq3v5cs7h2m4d9x8w6t0r1b", ...put };
    expect(readDestination(destinationRecord(offered, { kind: "success", payload }))).toEqual({
      outcome: "read",
      value: { ...from, kind: "succeeded", outputRef },
    });
    // Where nothing was offered, nothing can have been put away.
    expect(read({ kind: "success", payload })).toEqual({
      outcome: "read",
      value: { ...from, kind: "succeeded", output: payload },
    });
  });

  it.each([0, "", false, []])("keeps %j, which is an output", (output) => {
    const reading = read({ kind: "success", payload: output });
    expect(reading).toEqual({ outcome: "read", value: { ...from, kind: "succeeded", output } });
  });

  it("fails the attempt for good when the output is larger than an instance may keep", () => {
    const error = errorOf({ kind: "success", payload: "x".repeat(limits.outputBytesMax) });
    expect(error.class).toBe("invalid_output");
    expect(error.message).toContain(`at most ${limits.outputBytesMax}`);
  });
});

describe("a failure at the destination", () => {
  it("carries what the task threw", () => {
    const trace = ["TypeError: no width", "    at handler (file:///var/task/index.mjs:3:9)"];
    const error = errorOf({
      kind: "failure",
      payload: { errorType: "TypeError", errorMessage: "no width", trace },
    });
    const stack = trace.join("\n");
    expect(error).toEqual({ class: "error", name: "TypeError", message: "no width", stack });
  });

  it("reads the stack of runtimes that spell it otherwise", () => {
    const payload = { errorType: "KeyError", errorMessage: "'id'", stackTrace: ["  File a.py"] };
    expect(errorOf({ kind: "failure", payload }).stack).toBe("  File a.py");
  });

  it("is final when the task threw a FinalError", () => {
    const payload = { errorType: "FinalError", errorMessage: "the input does not fit" };
    expect(errorOf({ kind: "failure", payload }).retryable).toBe(false);
  });

  it.each([
    [
      "a timeout, as Node's runtime says it",
      { errorMessage: "2026-11-20T21:00:03.001Z 4d9c6d4f Task timed out after 3.00 seconds" },
      "timeout",
    ],
    [
      "a timeout, as newer sandboxes say it",
      { errorType: "Sandbox.Timedout", errorMessage: "RequestId: 4d9c Error: Task timed out" },
      "timeout",
    ],
    [
      "a kill for taking too much memory",
      {
        errorType: "Runtime.ExitError",
        errorMessage: "RequestId: 4d9c Error: Runtime exited with error: signal: killed",
      },
      "out_of_memory",
    ],
    [
      "a memory error that the runtime itself reports",
      { errorType: "Runtime.OutOfMemory", errorMessage: "out of memory" },
      "out_of_memory",
    ],
    [
      "an exit with a status",
      {
        errorType: "Runtime.ExitError",
        errorMessage: "RequestId: 4d9c Error: Runtime exited with error: exit status 129",
      },
      "crash",
    ],
    [
      "an old-style crash",
      { errorMessage: "4d9c Process exited before completing request" },
      "crash",
    ],
    ["a missing handler", { errorType: "Runtime.HandlerNotFound" }, "missing_function"],
    ["a module that cannot load", { errorType: "Runtime.ImportModuleError" }, "missing_function"],
    ["a too large answer", { errorType: "Function.ResponseSizeTooLarge" }, "invalid_output"],
  ])("tells %s", (_, payload, expected) => {
    expect(errorOf({ kind: "failure", payload }).class).toBe(expected);
  });

  it("does not believe a task that throws the words of the platform", () => {
    const payload = { errorType: "Error", errorMessage: "Task timed out after 3.00 seconds" };
    expect(errorOf({ kind: "failure", payload }).class).toBe("error");
    const inherited = { errorType: "constructor", errorMessage: "x" };
    expect(errorOf({ kind: "failure", payload: inherited }).class).toBe("error");
  });

  it("is the infrastructure's when the function waited too long for a free place", () => {
    expect(errorOf({ kind: "too old" }).class).toBe("throttled");
  });

  it("is the infrastructure's when Lambda gave up without an error of the function", () => {
    const record = JSON.parse(destinationRecord(invocation, { kind: "failure", payload: null }));
    for (const [statusCode, expected] of [
      [500, "backend_fault"],
      [429, "throttled"],
    ]) {
      record.responseContext = { statusCode };
      const reading = readDestination(JSON.stringify(record));
      expect(reading).toMatchObject({ outcome: "read", value: { error: { class: expected } } });
    }
  });

  it.each([null, undefined, "plain text", 7, [], { errorMessage: 5 }])(
    "has a message even when the payload is %j",
    (payload) => {
      const reading = failed(payload);
      if (reading.outcome !== "read" || reading.value.kind !== "failed") throw new TypeError();
      expect(reading.value.error.message).not.toBe("");
    },
  );
});

describe("other messages of the completion queue", () => {
  it.each([
    ["an event of somebody else", { width: 240 }],
    ["no event", null],
    ["an envelope without a token", { ...invocation.payload, attempt_token: undefined }],
    ["an envelope of a later version", { ...invocation.payload, version: 2 }],
    ["a tenant that no key may hold", withTenant("acme#other")],
    ["an empty tenant", withTenant("")],
  ])("are ignored when the invocation had %s", (_, payload) => {
    const record = destinationRecord({ ...invocation, payload }, { kind: "success", payload: 1 });
    expect(readDestination(record)).toEqual({ outcome: "ignored" });
  });

  it.each(["", "{", "null", "[]", '"text"', "{}", '{"requestContext":{}}'])(
    "are unreadable when they are %j",
    (body) => {
      const reading = readDestination(body);
      expect(reading.outcome).toBe("unreadable");
    },
  );
});

function withTenant(tenant: string) {
  return { ...invocation.payload, instance: { ...invocation.payload.instance, tenant } };
}
