import { describe, expect, it } from "vitest";
import { viewsWithinBytes } from "../../functions/api/instances/views-within-bytes.ts";
import type { AttemptLogs } from "../../functions/runtime/host-ports.ts";
import { RoutingView } from "../../shared/contract/http/receipt-views.ts";
import { HistoryView, InstanceView, LogsView } from "../../shared/contract/http/views.ts";
import { WhyView } from "../../shared/contract/http/why-views.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import {
  define,
  expectProblem,
  openYard,
  simpleTask,
  submit,
  type Yard,
  yardBackend,
} from "./yard.ts";

const none = "ins_00000000000000000000000000";

/** An instance whose first attempt failed and whose second succeeded. */
async function retriedInstance(yard: Yard): Promise<string> {
  await define(yard, "hello");
  const id = await submit(yard, { task: "hello", input: { a: 1 } });
  await yard.dispatch();
  yard.now += 2_000;
  const error = { class: "error", message: "out of luck", name: "LuckError" } as const;
  await yard.report(id, { kind: "failed", error, log: "first log" });
  yard.now += 10_000;
  await yard.dispatch();
  yard.now += 3_000;
  const usage = { durationMs: 2_500, memoryMbPeak: 90 };
  await yard.report(id, { kind: "succeeded", output: { ok: true }, usage, log: "second log" });
  return id;
}

describe("reading one instance", () => {
  it("shows its state, attempts, result and times", async () => {
    const yard = openYard();
    const id = await retriedInstance(yard);
    const reply = await yard.call("GET", `/v1/instances/${id}`);
    expect(reply.status).toBe(200);
    expect(InstanceView.safeParse(reply.body).error).toBeUndefined();
    expect(reply.body).toMatchObject({
      id,
      state: "succeeded",
      attemptCount: 2,
      output: { ok: true },
      finishedAt: "2026-11-20T09:00:15.000Z",
      attempts: [
        {
          number: 1,
          state: "failed",
          startedAt: "2026-11-20T09:00:00.000Z",
          durationMs: 2_000,
          error: { class: "error", message: "out of luck", name: "LuckError" },
          externalId: "run-1",
        },
        { number: 2, state: "succeeded", durationMs: 2_500, usage: { memoryMbPeak: 90 } },
      ],
    });
    expect(reply.body).not.toHaveProperty("error");
    expect(reply.body).not.toHaveProperty("wakeAt");
  });

  it("shows every change in its history, with versions that grow by one", async () => {
    const yard = openYard();
    const id = await retriedInstance(yard);
    const reply = await yard.call("GET", `/v1/instances/${id}/history`);
    expect(HistoryView.safeParse(reply.body).error).toBeUndefined();
    const { items, olderDropped } = reply.body;
    const moves = items.map(
      (item: { command: string; to: string }) => `${item.command} ${item.to}`,
    );
    expect(moves).toEqual([
      "submit dispatched",
      "confirm running",
      "fail pending",
      "claim dispatched",
      "confirm running",
      "succeed succeeded",
    ]);
    expect(items.map((item: { version: number }) => item.version)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(olderDropped).toBe(0);
  });

  it("shows the receipt of each attempt, and the plan while it waits", async () => {
    const yard = openYard();
    const id = await retriedInstance(yard);
    const done = await yard.call("GET", `/v1/instances/${id}/routing`);
    expect(RoutingView.safeParse(done.body).error).toBeUndefined();
    expect(done.body.items).toMatchObject([
      { attempt: 1, backend: "local", receipt: { chosen: "local", features: { input_bytes: 7 } } },
      { attempt: 2, backend: "local", receipt: { decidedAt: "2026-11-20T09:00:12.000Z" } },
    ]);
    expect(done.body).not.toHaveProperty("planned");
    const later = await submit(yard, { task: "hello", delaySeconds: 60 });
    const waiting = await yard.call("GET", `/v1/instances/${later}/routing`);
    expect(waiting.body).toMatchObject({ items: [], planned: { chosen: "local" } });
  });
});

describe("the logs of an instance", () => {
  it("shows the log of each attempt", async () => {
    const yard = openYard();
    const id = await retriedInstance(yard);
    const reply = await yard.call("GET", `/v1/instances/${id}/logs`);
    expect(LogsView.safeParse(reply.body).error).toBeUndefined();
    expect(reply.body.items).toMatchObject([
      { attempt: 1, state: "failed", available: true, text: "first log" },
      { attempt: 2, state: "succeeded", available: true, text: "second log" },
    ]);
  });

  it("asks the host's logs with what it knows of the attempt", async () => {
    const asked: unknown[] = [];
    const logs: AttemptLogs = {
      async read(tenant, instanceId, attemptId, externalId, { attempt }) {
        asked.push([tenant, instanceId, attemptId, externalId]);
        return attempt.number === 1 ? "of one" : undefined;
      },
    };
    const yard = openYard({ logs });
    const id = await retriedInstance(yard);
    const reply = await yard.call("GET", `/v1/instances/${id}/logs`);
    expect(reply.body.items).toMatchObject([
      { available: true, text: "of one" },
      { available: false, text: "" },
    ]);
    const { attempts } = await yard.instance(id);
    expect(asked).toEqual(attempts.map((attempt) => ["acme", id, attempt.id, "run-1"]));
  });

  it.each(["", "/history", "/routing", "/why", "/logs"])(
    "answers 404 for %s of an instance that does not exist",
    async (part) => {
      const yard = openYard();
      expectProblem(
        await yard.call("GET", `/v1/instances/${none}${part}`),
        404,
        "instance_not_found",
      );
    },
  );
});

describe("why an instance is where it is", () => {
  async function why(yard: Yard, id: string) {
    const reply = await yard.call("GET", `/v1/instances/${id}/why`);
    expect(WhyView.safeParse(reply.body).error).toBeUndefined();
    return reply.body;
  }

  it("is told through its whole life", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello", delaySeconds: 60 });
    expect(await why(yard, id)).toMatchObject({
      state: "pending",
      summary: "It waits for its start time, 2026-11-20T09:01:00.000Z.",
      nextAt: "2026-11-20T09:01:00.000Z",
      nextStep: "attempt 1 goes to local",
      actions: ["cancel"],
    });
    yard.now += 60_000;
    expect((await why(yard, id)).summary).toContain("It is due since");
    await yard.dispatch();
    expect(await why(yard, id)).toMatchObject({
      state: "running",
      summary: "Attempt 1 runs on local since 2026-11-20T09:01:00.000Z.",
      nextAt: "2026-11-20T09:06:10.000Z",
    });
    await yard.report(id, { kind: "failed", error: { class: "crash", message: "gone" } });
    const backoff = await why(yard, id);
    expect(backoff.summary).toBe(
      "Attempt 1 failed; it is tried again at 2026-11-20T09:01:00.500Z.",
    );
    expect(backoff.facts).toEqual([
      "attempt 1 on local: crash, gone",
      "1 of 3 attempts have failed",
    ]);
    await yard.call("POST", `/v1/instances/${id}/cancel`, { body: { reason: "enough" } });
    expect(await why(yard, id)).toMatchObject({
      summary: "ada cancelled it at 2026-11-20T09:01:00.000Z.",
      facts: ["reason: enough"],
      actions: ["retry"],
    });
  });

  it("names the pause, before and after it was noticed, and that it is over", async () => {
    const yard = openYard();
    await define(yard, "hello");
    await yard.call("POST", "/v1/tasks/hello/pause", { body: { reason: "night" } });
    const id = await submit(yard, { task: "hello" });
    const noticed = await why(yard, id);
    expect(noticed.summary).toBe("It waits because the task hello is paused.");
    expect(noticed.facts).toEqual(["ada paused the task at 2026-11-20T09:00:00.000Z: night"]);
    expect(noticed.actions).toEqual(["cancel", "resume_task"]);
    await yard.dispatch();
    expect((await why(yard, id)).summary).toBe(noticed.summary);
    const record = [...yard.store.all()].find(({ type }) => type === "task");
    const { paused: _, ...head } = record?.body ?? {};
    if (record === undefined) throw new Error("no task");
    await yard.store.write([
      { kind: "put", record: { ...record, body: head }, expect: record.version },
    ]);
    expect((await why(yard, id)).summary).toContain("the task runs again");
  });

  it("says that no backend can run it", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello", delaySeconds: 60, backend: "local" });
    Object.assign(yard.engine, { routing: fixedRouting([{ ...yardBackend, name: "other" }]) });
    const told = await why(yard, id);
    expect(told.summary).toBe("No backend can run it.");
    expect(told.facts).toContain("other: the submission asks for local");
  });
});

describe("looking up many instances", () => {
  it("answers in the order asked for, with null where there is none", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const one = await submit(yard, { task: "hello", input: 1 });
    const two = await submit(yard, { task: "hello", input: 2 });
    const reply = await yard.call("POST", "/v1/instances/lookup", {
      body: { ids: [two, none, one, two] },
    });
    expect(reply.status).toBe(200);
    const inputs = reply.body.items.map((item: { input: number } | null) => item?.input ?? null);
    expect(inputs).toEqual([2, null, 1, 2]);
  });

  it("leaves out payloads that would make the answer too long, inputs before outputs", async () => {
    const yard = openYard();
    await define(yard, "hello", { ...simpleTask, needs: {} });
    const ids = [
      await submit(yard, { task: "hello", input: "i".repeat(100) }),
      await submit(yard, { task: "hello", input: "i".repeat(100) }),
    ];
    for (const id of ids) await yard.report(id, { kind: "succeeded", output: "o".repeat(100) });
    const instances = await Promise.all(ids.map((id) => yard.instance(id)));
    const views = viewsWithinBytes([...instances, undefined], 310);
    expect(views.map((view) => view?.output)).toEqual([
      "o".repeat(100),
      "o".repeat(100),
      undefined,
    ]);
    expect(views.map((view) => view?.omitted)).toEqual([undefined, ["input"], undefined]);
    expect(viewsWithinBytes(instances, 50).map((view) => view?.omitted)).toEqual([
      ["output", "input"],
      ["output", "input"],
    ]);
  });

  it.each([
    ["no ids", { ids: [] }, "/ids"],
    ["too many ids", { ids: Array.from({ length: 1_001 }, () => none) }, "/ids"],
    ["an id of another form", { ids: [none, "../../etc/passwd"] }, "/ids/1"],
    ["too much patience", { ids: [none], waitSeconds: 21 }, "/waitSeconds"],
    ["half a second", { ids: [none], waitSeconds: 0.5 }, "/waitSeconds"],
    ["another end", { ids: [none], until: "running" }, "/until"],
  ])("refuses %s", async (_, body, pointer) => {
    const yard = openYard();
    const reply = await yard.call("POST", "/v1/instances/lookup", { body });
    expect(expectProblem(reply, 400, "invalid_field").pointer).toBe(pointer);
  });
});
