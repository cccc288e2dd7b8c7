import { describe, expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import type { TaskProfile } from "../../shared/routing/profile.ts";
import { backendFacts } from "../fixtures/backend-facts.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import { openScheduleYard, schedule } from "./schedule-yard.ts";
import { admin, contents, define, expectProblem, openYard, simpleTask, type Yard } from "./yard.ts";

const noon = { expression: "cron(0 12 * * ? *)", task: "hello", group: "night" } as const;

const portrait = (yard: Yard, query = "") => yard.call("GET", `/v1/portrait${query}`);
const spread = (yard: Yard, body: object) => yard.call("POST", "/v1/portrait/spread", { body });

/** A yard where so many schedules of one instant share four slots of their group. */
async function crowdedYard(count = 12): Promise<Yard> {
  const yard = await openScheduleYard();
  await yard.call("PUT", "/v1/groups/night", { body: { concurrency: 4 } });
  for (let place = 0; place < count; place++) await schedule(yard, `s-${place}`, noon);
  return yard;
}

describe("the portrait of all schedules", () => {
  it("is empty where there are none", async () => {
    const { status, body } = await portrait(openYard());
    expect(status).toBe(200);
    expect(body).toMatchObject({
      from: "2026-11-20T09:00:00.000Z",
      to: "2026-11-21T09:00:00.000Z",
      schedules: 0,
      collisions: [],
      capacities: [],
    });
    expect(body.total.curve.runsP90).toHaveLength(1_440);
  });

  it("shows runs, starts and capacities by time, by group and by task, and stores nothing", async () => {
    const yard = await crowdedYard();
    await schedule(yard, "lonely", { ...noon, group: undefined, expression: "cron(0 * * * ? *)" });
    const before = contents(yard);
    const { body } = await portrait(yard);
    expect(contents(yard)).toBe(before);
    expect([body.schedules, body.basis, body.total.starts]).toEqual([
      13,
      { history: 0, estimate: 0, unknown: 13 },
      35,
    ]);
    expect(body.total.peak).toMatchObject({ runsP90: 13, at: "2026-11-20T12:00:00.000Z" });
    expect(body.total.curve.starts[180]).toBe(13);
    expect(
      body.groups.map(({ group, starts }: Record<string, unknown>) => [group, starts]),
    ).toEqual([["night", 12]]);
    expect(body.tasks[0]).toMatchObject({ task: "hello", starts: 35, basis: "unknown" });
    expect(body.capacities).toEqual([
      {
        name: "group/night",
        kind: "slots",
        max: 4,
        basis: "configured",
        schedules: 12,
        highest: 12,
      },
    ]);
    const week = await portrait(yard, "?hours=168&group=night");
    expect([week.body.bucketSeconds, week.body.total.starts]).toEqual([600, 84]);
    expect(week.body.total.curve.starts).toHaveLength(1_008);
  });

  it("leaves out schedules that are paused and those whose task is gone", async () => {
    const yard = await crowdedYard(3);
    await yard.call("POST", "/v1/schedules/s-0/pause");
    await define(yard, "other");
    await schedule(yard, "s-9", { ...noon, task: "other" });
    const key = keys.taskHead(admin.tenant, "other");
    const head = await yard.store.get(key);
    await yard.store.write([{ kind: "delete", key, expect: head?.version ?? 0 }]);
    const { body } = await portrait(yard);
    expect(body.schedules).toBe(2);
    expect(body.notes).toContain(
      "1 active schedules are left out: what they submit would be refused",
    );
  });
});

/** Runs of about a second, many of them. */
const learnedRuns = {
  runMs: { "100": 50 },
  waitMs: {},
  memoryMb: {},
  runs: 50,
  timeouts: 0,
  outOfMemory: 0,
  lastAtMs: 0,
} as const;

const profile: TaskProfile = {
  tenant: admin.tenant,
  task: "hello",
  taskVersion: 1,
  learned: { lambda: { b0: learnedRuns } },
  placements: {},
  flips: [],
  hourly: {},
};

const lambda = backendFacts({
  name: "lambda",
  kind: "lambda",
  type: "serverless",
  targets: ["function"],
  timeoutSecondsMax: 900,
  pricing: { model: "lambda", architecture: "arm64" },
});

describe("the run times of a portrait", () => {
  it("goes by what was learned of a task, or by its estimate, and says so", async () => {
    const routing = {
      ...fixedRouting([lambda]),
      profile: async (_: string, task: string) => (task === "hello" ? profile : undefined),
    };
    const yard = await openScheduleYard({ routing });
    await define(yard, "guessed", { ...simpleTask, needs: { executionSecondsEstimate: 100 } });
    await schedule(yard, "learned", { ...noon, group: undefined });
    await schedule(yard, "estimated", { ...noon, group: undefined, task: "guessed" });
    const { body } = await portrait(yard);
    expect(body.basis).toEqual({ history: 1, estimate: 1, unknown: 0 });
    const [guessed, hello] = ["guessed", "hello"].map((name) =>
      body.tasks.find(({ task }: { task: string }) => task === name),
    );
    expect(hello).toMatchObject({ basis: "history", backends: ["lambda"], runSecondsP50: 1 });
    expect(guessed.basis).toBe("estimate");
    expect(guessed.runSecondsP90).toBeGreaterThan(guessed.runSecondsP50);
    expect(guessed.usd).toBeGreaterThan(hello.usd);
    expect(hello.usd).toBeGreaterThan(0);
    expect(body.capacities).toEqual([
      expect.objectContaining({ name: "lambda", max: 1_000, basis: "assumed", highest: 2 }),
    ]);
    expect(body.notes).toContain("the account's concurrency of Lambda is assumed to be 1000");
    const known = await portrait(yard, "?lambdaConcurrency=1");
    expect(known.body.collisions[0]).toMatchObject({ capacity: "lambda", level: 2, bound: 1 });
    expect(known.body.capacities[0].basis).toBe("configured");
  });
});

describe("a portrait of something that there is not", () => {
  it.each([
    ["?hours=12", "hours"],
    ["?lambdaConcurrency=0", "lambdaConcurrency"],
    ["?group=Not%20A%20Name", "group"],
  ])("refuses %s", async (query, pointer) => {
    const problem = expectProblem(await portrait(openYard(), query), 400, "invalid_field");
    expect(problem.pointer).toContain(pointer);
  });
});

describe("schedules that collide", () => {
  it("are spread as proposed, after which they collide no more", async () => {
    const yard = await crowdedYard();
    const [collision] = (await portrait(yard)).body.collisions;
    expect(collision.message).toMatch(/^12 schedules need 12 of 4 slots of group\/night from /);
    expect(collision.proposal).toMatchObject({ removes: true, before: { level: 12 } });
    const before = contents(yard);
    const dry = await spread(yard, { collision: collision.id, dryRun: true });
    expect([dry.body.changed, dry.body.schedules[0].outcome]).toEqual([0, "would_change"]);
    expect(contents(yard)).toBe(before);
    const { status, body } = await spread(yard, { collision: collision.id });
    expect([status, body.changed, body.collision.id]).toEqual([200, 12, collision.id]);
    const { withinSeconds } = collision.proposal;
    expect(body.schedules[0]).toEqual({
      name: "s-0",
      outcome: "changed",
      jitterSeconds: { before: 0, after: withinSeconds },
      revision: 2,
    });
    const shown = await yard.call("GET", "/v1/schedules/s-7");
    expect(shown.body.spec.jitterSeconds).toBe(withinSeconds);
    const after = (await portrait(yard)).body;
    expect(after.collisions).toEqual([]);
    expect(after.capacities[0].highest).toBe(collision.proposal.after.level);
    expect(after.total.peak.runsP90).toBe(collision.proposal.after.peakRuns);
  });

  it("are not spread by a proposal that is no longer made", async () => {
    const yard = await crowdedYard();
    const [collision] = (await portrait(yard)).body.collisions;
    await schedule(yard, "s-3", { ...noon, description: "changed" });
    const problem = expectProblem(
      await spread(yard, { collision: collision.id }),
      412,
      "precondition_failed",
    );
    expect(problem.pointer).toBe("/collision");
    expect((await yard.call("GET", "/v1/schedules/s-0")).body.spec.jitterSeconds).toBe(0);
  });

  it("are spread one by one as they are listed, unless one of them was changed meanwhile", async () => {
    const yard = await crowdedYard(3);
    const list = [0, 1].map((place) => ({ name: `s-${place}`, revision: 1, jitterSeconds: 90 }));
    await schedule(yard, "s-1", { ...noon, description: "changed" });
    const before = contents(yard);
    const changed = expectProblem(
      await spread(yard, { schedules: list }),
      412,
      "precondition_failed",
    );
    expect(changed.detail).toBe(
      "schedules were changed meanwhile: s-1 (revision 2, not 1); nothing was changed",
    );
    expect(changed.pointer).toBe("/schedules/1/revision");
    expect(contents(yard)).toBe(before);
    const right = [list[0], { ...list[1], revision: 2 }];
    const done = await spread(yard, { schedules: right });
    expect(done.body.schedules.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      "changed",
      "changed",
    ]);
    const again = right.map((each, place) => ({ ...each, revision: 2 + place }));
    const same = await spread(yard, { schedules: again });
    expect([same.body.changed, same.body.schedules[1].outcome]).toEqual([0, "unchanged"]);
  });
});

describe("a schedule that is changed in the very moment of spreading", () => {
  it("keeps what it was changed to, and its item says so", async () => {
    let meddle: (() => Promise<unknown>) | undefined;
    const yard = await openScheduleYard({
      wrapStore: (store) => ({
        get: async (key) => {
          if (JSON.stringify(key).includes("s-1")) {
            const first = meddle;
            meddle = undefined;
            await first?.();
          }
          return store.get(key);
        },
        getMany: (keys) => store.getMany(keys),
        query: (query) => store.query(query),
        write: (changes) => store.write(changes),
        changes: (from, max) => store.changes(from, max),
      }),
    });
    for (const name of ["s-0", "s-1"]) await schedule(yard, name, { ...noon, group: undefined });
    const list = ["s-0", "s-1"].map((name) => ({ name, revision: 1, jitterSeconds: 90 }));
    meddle = () =>
      yard.call("PUT", "/v1/schedules/s-1", {
        body: { ...noon, group: undefined, description: "meddled with" },
      });
    const { body } = await spread(yard, { schedules: list });
    expect(body.schedules).toMatchObject([
      { name: "s-0", outcome: "changed" },
      { name: "s-1", outcome: "refused", problem: { code: "precondition_failed" } },
    ]);
    expect((await yard.call("GET", "/v1/schedules/s-1")).body.spec).toMatchObject({
      jitterSeconds: 0,
      description: "meddled with",
    });
  });
});

describe("schedules", () => {
  it.each([
    [{}, "/collision"],
    [{ collision: "col_1" }, "/collision"],
    [
      {
        collision: `col_${"0".repeat(24)}`,
        schedules: [{ name: "a", revision: 1, jitterSeconds: 1 }],
      },
      "/collision",
    ],
    [{ schedules: [] }, "/schedules"],
    [
      { schedules: [{ name: "a", revision: 1, jitterSeconds: 3_601 }] },
      "/schedules/0/jitterSeconds",
    ],
    [
      {
        schedules: [
          { name: "a", revision: 1, jitterSeconds: 1 },
          { name: "a", revision: 1, jitterSeconds: 2 },
        ],
      },
      "/schedules",
    ],
  ])("are not spread by %j", async (body, pointer) => {
    const problem = expectProblem(await spread(openYard(), body), 400, "invalid_field");
    expect(problem.pointer).toBe(pointer);
  });

  it("and of which one does not exist are not spread", async () => {
    const yard = await crowdedYard(1);
    const schedules = ["s-0", "s-9"].map((name) => ({ name, revision: 1, jitterSeconds: 60 }));
    const problem = expectProblem(await spread(yard, { schedules }), 404, "schedule_not_found");
    expect(problem.pointer).toBe("/schedules/1/name");
    expect((await yard.call("GET", "/v1/schedules/s-0")).body.spec.jitterSeconds).toBe(0);
  });
});
