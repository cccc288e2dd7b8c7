import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { defineTask } from "../../client/task/define-task.ts";
import { FinalError } from "../../client/task/final-error.ts";
import type { TaskContext } from "../../client/task/task-context.ts";
import { invocationEnvelope } from "../../shared/contract/envelope.ts";
import { isInvocationEnvelope } from "../../shared/contract/envelope-form.ts";

const deadlineAtMs = Date.parse("2100-01-01T00:00:00Z");
const source = {
  tenant: "default",
  instanceId: "ins_1",
  attemptId: "att_1",
  attempt: 2,
  task: "resize",
  taskVersion: 7,
  input: { width: 5 },
  config: { quality: 3 },
  timeoutMs: 60_000,
  deadlineAtMs,
};
const event = invocationEnvelope(source);

/** What Lambda passes as the second argument, as far as it matters. */
const lambdaContext = (remainingMs: number) => ({
  awsRequestId: "request-1",
  functionName: "resize-function",
  functionVersion: "12",
  memoryLimitInMB: "128",
  getRemainingTimeInMillis: () => remainingMs,
});

/** The context that a handler gets for an event. */
async function contextOf(given: unknown, platform?: object): Promise<TaskContext> {
  const task = defineTask({ handler: (_input: unknown, context) => ({ context }) });
  return (await task(given, platform)).context;
}

describe("a defined task", () => {
  it("gets the input itself, and who it is", async () => {
    const task = defineTask({
      handler: async ({ width }: { width: number }, context) => ({ double: width * 2, context }),
    });
    const { double, context } = await task(event);
    expect(double).toBe(10);
    expect(context).toMatchObject({
      instanceId: "ins_1",
      attemptId: "att_1",
      attempt: 2,
      task: "resize",
      taskVersion: 7,
      config: { quality: 3 },
      deadlineAt: new Date(deadlineAtMs),
    });
  });

  it("works when somebody calls the Lambda function directly", async () => {
    const task = defineTask({ handler: ({ name }: { name: string }) => `Hello, ${name}!` });
    expect(await task({ name: "Ada" }, lambdaContext(3_000))).toBe("Hello, Ada!");
    const context = await contextOf({ name: "Ada" }, lambdaContext(3_000));
    expect(context).toMatchObject({
      instanceId: "request-1",
      attempt: 1,
      task: "resize-function",
      config: {},
    });
  });

  it("rejects with what its handler throws, name and all", async () => {
    const task = defineTask({
      handler: () => {
        throw new RangeError("too wide");
      },
    });
    await expect(task(event)).rejects.toThrow(RangeError);
  });

  it("says that trying again is hopeless when the input does not fit its schema", async () => {
    const task = defineTask({
      input: z.object({ width: z.number().max(3) }),
      handler: ({ width }) => width,
    });
    const error: unknown = await task(event).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FinalError);
    expect(error).toMatchObject({ name: "FinalError", retryable: false });
    expect(await task(invocationEnvelope({ ...source, input: { width: 2 } }))).toBe(2);
  });

  it("takes the earlier end: the deadline's or the platform's", async () => {
    const short = await contextOf(event, lambdaContext(1_000));
    expect(short.remainingMs()).toBeLessThanOrEqual(1_000);
    const late = invocationEnvelope({ ...source, deadlineAtMs: Date.now() - 1 });
    expect((await contextOf(late, lambdaContext(1_000))).remainingMs()).toBe(0);
  });

  it("has a signal that is aborted before the time is up where nobody else aborts", async () => {
    const task = defineTask({
      handler: (_input: unknown, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
        ),
    });
    await expect(task(event, lambdaContext(270))).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("uses the platform's signal and heartbeat where there are some", async () => {
    const { signal } = new AbortController();
    const heartbeat = vi.fn();
    const write = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const task = defineTask({
      handler: (_input: unknown, context) => {
        const { heartbeat: beat } = context;
        for (let i = 0; i < 10; i++) beat({ done: i });
        return context.signal === signal;
      },
    });
    expect(await task(event, { signal, heartbeat })).toBe(true);
    expect(heartbeat).toHaveBeenCalledTimes(1);
    expect(write.mock.calls).toEqual([['INFO progress progress="{\\"done\\":0}"']]);
    write.mockRestore();
  });

  it("logs lines with fields", async () => {
    const write = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const { log } = await contextOf(event);
    log.warn("slow", { ms: 5, url: "a b", absent: undefined });
    expect(write).toHaveBeenCalledWith('WARN slow ms=5 url="a b"');
    write.mockRestore();
  });
});

describe("the envelope", () => {
  it("is told apart from whatever else is sent to a function", () => {
    expect(isInvocationEnvelope(JSON.parse(JSON.stringify(event)))).toBe(true);
    const { deadline: _deadline, ...incomplete } = event;
    const others = [null, 5, "text", [], {}, { version: 1 }, { ...event, version: 2 }, incomplete];
    for (const other of others) expect(isInvocationEnvelope(other)).toBe(false);
  });

  it("leaves out what there is not", () => {
    const { input: _input, config: _config, ...bare } = source;
    const envelope = invocationEnvelope({ ...bare, memoryMb: 512 });
    expect(envelope).not.toHaveProperty("inputs");
    expect(envelope).not.toHaveProperty("config");
    expect(envelope.resource_limits).toEqual({ timeout_ms: 60_000, memory_mb: 512 });
  });
});
