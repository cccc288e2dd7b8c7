import { describe, expect, it } from "vitest";
import { submitOwn } from "../../functions/submission/submit-instances.ts";
import { Submission } from "../../shared/instance/submission.ts";
import {
  admin,
  contents,
  define,
  expectProblem,
  openYard,
  type Reply,
  simpleTask,
  submit,
  type Yard,
} from "./yard.ts";

async function yardWithQuota(perMinute: number, ofTenant?: number): Promise<Yard> {
  const yard = openYard();
  await define(yard, "hello");
  await define(yard, "report", { ...simpleTask, group: "batch" });
  await yard.call("PUT", "/v1/groups/batch", { body: { submissionsPerMinute: perMinute } });
  if (ofTenant !== undefined) {
    await yard.call("PUT", "/v1/tenant", { body: { submissionsPerMinute: ofTenant } });
  }
  return yard;
}

const send = (yard: Yard, submission: object): Promise<Reply> =>
  yard.call("POST", "/v1/instances", { body: submission });

describe("a quota of submissions", () => {
  it("refuses what a minute may not take, and says when it is free again", async () => {
    const yard = await yardWithQuota(2);
    yard.now += 20_000;
    await submit(yard, { task: "report" });
    await submit(yard, { task: "report" });
    const reply = await send(yard, { task: "report" });
    const problem = expectProblem(reply, 429, "too_many_requests");
    expect(problem.detail).toBe(
      "the group batch may submit 2 instances a minute, and 2 were submitted in this one; the next begins at 2026-11-20T09:01:00.000Z",
    );
    expect(problem.retryAfterSeconds).toBe(40);
    expect(reply.headers.get("retry-after")).toBe("40");
    yard.now += 40_000;
    await submit(yard, { task: "report" });
  });

  it("bounds the group and nobody else", async () => {
    const yard = await yardWithQuota(1);
    await submit(yard, { task: "report" });
    await submit(yard, { task: "hello" });
    await submit(yard, { task: "report", group: "other" });
    expect((await send(yard, { task: "hello", group: "batch" })).status).toBe(429);
  });

  it("bounds the tenant over all its groups, and a group's refusals do not use it up", async () => {
    const yard = await yardWithQuota(1, 3);
    await submit(yard, { task: "report" });
    expect((await send(yard, { task: "report" })).status).toBe(429);
    await submit(yard, { task: "hello" });
    await submit(yard, { task: "hello" });
    const refused = expectProblem(await send(yard, { task: "hello" }), 429, "too_many_requests");
    expect(refused.detail).toContain("the tenant may submit 3 instances a minute");
  });

  it("lets the first of a batch in and gives each of the rest its own refusal", async () => {
    const yard = await yardWithQuota(3);
    const items = ["report", "hello", "report", "report", "report", "report"].map((task) => ({
      task,
    }));
    const { body } = await yard.call("POST", "/v1/instances/batch", { body: { items } });
    expect(body.items.map(({ status }: { status: number }) => status)).toEqual([
      202, 202, 202, 202, 429, 429,
    ]);
    expect(body.items[5].error).toMatchObject({
      code: "too_many_requests",
      pointer: "/items/5",
      retryAfterSeconds: 60,
    });
    expect(body.items[5].error.detail).toContain("3 were submitted in this one");
  });
});

describe("what a quota counts", () => {
  it("is not a repeat of what was taken before, which is never refused", async () => {
    const yard = await yardWithQuota(1);
    const submission = { task: "report", idempotencyKey: "one" };
    const id = await submit(yard, submission);
    const again = await send(yard, submission);
    expect([again.status, again.body.id]).toEqual([200, id]);
    expect((await send(yard, { task: "report", idempotencyKey: "two" })).status).toBe(429);
  });

  it("is not what is only planned or is refused for another reason", async () => {
    const yard = await yardWithQuota(1);
    expect((await send(yard, { task: "report", dryRun: true })).status).toBe(200);
    expect((await send(yard, { task: "report", backend: "nowhere" })).status).toBe(409);
    await submit(yard, { task: "report" });
    expect((await send(yard, { task: "report", dryRun: true })).status).toBe(200);
  });

  it("leaves nothing behind of what it refuses", async () => {
    const yard = await yardWithQuota(1);
    await submit(yard, { task: "report" });
    const before = contents(yard);
    await send(yard, { task: "report" });
    expect(contents(yard)).toBe(before);
  });

  it("includes what schedules submit, and finds their repeats", async () => {
    const yard = await yardWithQuota(1);
    const submission = Submission.parse({ task: "report" });
    const nominalAtMs = yard.now;
    const slot = (nth: number) => ({
      id: yard.engine.ids.derivedInstanceId("acme", `\nslot\nnightly\n${nth}`),
      origin: { kind: "schedule", schedule: "nightly", generation: 1, nominalAtMs } as const,
      submission,
    });
    expect(await submitOwn(yard.engine, admin, slot(1))).toMatchObject({ repeated: false });
    expect(await submitOwn(yard.engine, admin, slot(2))).toMatchObject({
      outcome: "rejected",
      rejection: { code: "too_many_requests", retryAfterMs: 60_000 },
    });
    expect(await submitOwn(yard.engine, admin, slot(1))).toMatchObject({ repeated: true });
  });

  it("is shown with the group, as how much of the minute is used", async () => {
    const yard = await yardWithQuota(5);
    await submit(yard, { task: "report" });
    const { body } = await yard.call("GET", "/v1/groups/batch");
    expect(body.use).toMatchObject({
      running: 1,
      waiting: 0,
      complete: true,
      submissions: { perMinute: 5, used: 1, freeAgainAt: "2026-11-20T09:01:00.000Z" },
    });
  });

  it("never grants more than the quota to many requests at once", async () => {
    const yard = await yardWithQuota(10);
    const replies = await Promise.all(
      Array.from({ length: 8 }, () =>
        yard.call("POST", "/v1/instances/batch", {
          body: { items: [{ task: "report" }, { task: "report" }, { task: "report" }] },
        }),
      ),
    );
    const taken = replies
      .flatMap(({ body }) => body.items)
      .filter(({ status }: { status: number }) => status === 202);
    expect(taken).toHaveLength(10);
  });
});
