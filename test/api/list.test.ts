import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InstanceView } from "../../shared/contract/http/views.ts";
import { limits } from "../../shared/core/limits.ts";
import {
  admin,
  define,
  expectProblem,
  openYard,
  simpleTask,
  stranger,
  submit,
  type Yard,
} from "./yard.ts";

type Item = Pick<InstanceView, "id" | "task" | "state">;

/** All pages of a list; fails when they do not come to an end. */
async function all(yard: Yard, query: string): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (let pages = 1; pages < 200; pages++) {
    const more = cursor === undefined ? "" : `&cursor=${cursor}`;
    const reply = await yard.call("GET", `/v1/instances?${query}${more}`);
    expect(reply.status, reply.text).toBe(200);
    ids.push(...reply.body.items.map(({ id }: Item) => id));
    cursor = reply.body.nextCursor;
    if (cursor === undefined) return { ids, pages };
  }
  throw new Error("the list does not end");
}

/** Six instances of three tasks, one second apart; newest last. */
async function stocked() {
  const yard = openYard();
  for (const name of ["a", "b", "c"])
    await define(yard, name, { ...simpleTask, tags: { of: name } });
  const made: string[] = [];
  const submissions = [
    { task: "a", group: "g", tags: { team: "x" } },
    { task: "b", group: "g", delaySeconds: 60 },
    { task: "a", tags: { team: "y=z" } },
    { task: "c", group: "h", idempotencyKey: "Needle-42" },
    { task: "a", group: "h", delaySeconds: 60 },
    { task: "b", group: "g" },
  ];
  for (const submission of submissions) {
    made.push(await submit(yard, submission));
    yard.now += 1_000;
  }
  await yard.call("POST", `/v1/instances/${made[5]}/cancel`);
  const pick = (...places: number[]) => places.map((place) => made[place]);
  return { yard, pick };
}

const filters: readonly (readonly [string, readonly number[]])[] = [
  ["", [5, 4, 3, 2, 1, 0]],
  ["task=a", [4, 2, 0]],
  ["group=g", [5, 1, 0]],
  ["group=g&task=b", [5, 1]],
  ["state=pending", [4, 1]],
  ["state=pending&state=cancelled", [5, 4, 1]],
  ["state=cancelled,dispatched", [5, 3, 2, 0]],
  ["tag=team", [2, 0]],
  ["tag=team=x", [0]],
  ["tag=team%3Dy%3Dz", [2]],
  ["tag=of=a&tag=team", [2, 0]],
  ["tag=toString", []],
  ["since=2026-11-20T09:00:03Z", [5, 4, 3]],
  ["until=2026-11-20T09:00:03Z", [2, 1, 0]],
  ["since=2026-11-20T18:00:01%2B09:00&until=2026-11-20T09:00:03Z", [2, 1]],
  ["since=2026-11-21T00:00:00Z", []],
  ["since=2026-11-20T09:00:03Z&until=2026-11-20T09:00:03Z", []],
  ["since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z", [5, 4, 3, 2, 1, 0]],
  ["q=needle", [3]],
  ["q=Y%3DZ", [2]],
  ["q=local&task=b", [5]],
  ["q=nothing", []],
  ["task=none", []],
  ["group=none", []],
];

describe("listing instances", () => {
  it.each(filters)("answers newest first with %s", async (query, expected) => {
    const { yard, pick } = await stocked();
    expect((await all(yard, query)).ids).toEqual(pick(...expected));
    for (const limit of [1, 2]) {
      expect((await all(yard, `${query}&limit=${limit}`)).ids).toEqual(pick(...expected));
    }
  });

  it("shows no payloads, and says which there are", async () => {
    const yard = openYard();
    await define(yard, "a");
    await submit(yard, { task: "a", input: "secret", config: { b: "secret" } });
    const reply = await yard.call("GET", "/v1/instances");
    expect(reply.text).not.toContain("secret");
    expect(reply.body.items[0].omitted).toEqual(["input", "config"]);
  });

  it("ends on the last page without an empty one after it", async () => {
    const { yard } = await stocked();
    expect((await all(yard, "limit=3")).pages).toBe(2);
    expect((await all(yard, "limit=6")).pages).toBe(1);
  });

  it("reads a bounded number of records for a page, and goes on behind them", async () => {
    const yard = openYard();
    await define(yard, "a");
    const items = Array.from({ length: 1_000 }, () => ({ task: "a" }));
    const rare = await submit(yard, { task: "a", tags: { rare: "1" } });
    for (let batch = 0; batch < 5; batch++) {
      yard.now += 1;
      await yard.call("POST", "/v1/instances/batch", { body: { items } });
    }
    const first = await yard.call("GET", "/v1/instances?tag=rare");
    expect(first.body.items).toEqual([]);
    expect(first.body.nextCursor).toBeDefined();
    expect(await all(yard, "tag=rare")).toEqual({
      ids: [rare],
      pages: Math.ceil(5_001 / limits.listScanMax),
    });
  });

  it("merges any spread of instances over tasks, and pages of any size lose and repeat none", async () => {
    const spread = fc.array(
      fc.record({ task: fc.constantFrom("a", "b", "c", "d"), gap: fc.nat({ max: 2 }) }),
      {
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(spread, fc.integer({ min: 1, max: 9 }), async (made, limit) => {
        const yard = openYard();
        for (const name of ["a", "b", "c", "d"]) await define(yard, name);
        const expected: string[] = [];
        for (const { task, gap } of made) {
          yard.now += gap;
          const id = await submit(yard, { task });
          expected.push(`${yard.now}#${id}`);
        }
        const order = expected
          .toSorted()
          .toReversed()
          .map((text) => text.split("#")[1]);
        expect((await all(yard, `limit=${limit}`)).ids).toEqual(order);
      }),
      { numRuns: 25 },
    );
  });
});

describe("cursors of lists", () => {
  it("go with their filters and their tenant only", async () => {
    const { yard } = await stocked();
    await yard.call("PUT", "/v1/tasks/a", { body: simpleTask, as: stranger });
    await submit(yard, { task: "a" }, stranger);
    const page = await yard.call("GET", "/v1/instances?task=a&limit=1");
    const cursor: string = page.body.nextCursor;
    const ask = (path: string, as = admin) => yard.call("GET", `${path}cursor=${cursor}`, { as });
    expect((await ask("/v1/instances?task=a&")).status).toBe(200);
    expect((await ask("/v1/instances?task=a&limit=2&")).status).toBe(200);
    for (const path of [
      "/v1/instances?",
      "/v1/instances?task=b&",
      "/v1/instances?task=a&state=pending&",
      "/v1/tasks?",
      "/v1/tasks/a/versions?",
      "/v1/doctor?",
    ]) {
      expect(expectProblem(await ask(path), 400, "invalid_cursor").pointer).toBe("cursor");
    }
    expectProblem(await ask("/v1/instances?task=a&", stranger), 400, "invalid_cursor");
    const purge = await yard.call("POST", "/v1/instances/purge", {
      body: { before: "2026-12-01T00:00:00Z", task: "a", cursor },
    });
    expectProblem(purge, 400, "invalid_cursor");
  });

  it("are refused when any character of them is changed", async () => {
    const { yard } = await stocked();
    const cursor: string = (await yard.call("GET", "/v1/instances?limit=1")).body.nextCursor;
    for (let place = 0; place < cursor.length; place++) {
      const other = cursor[place] === "A" ? "B" : "A";
      const forged = cursor.slice(0, place) + other + cursor.slice(place + 1);
      expectProblem(
        await yard.call("GET", `/v1/instances?cursor=${forged}`),
        400,
        "invalid_cursor",
      );
    }
  });

  it.each([
    "x",
    "%00",
    "AAAA",
    "e30",
    "null",
    "..%2f",
    "%F0%9F%98%80",
    "VCNhY21lI0kjaW5z",
    "%2B%2B%3D%3D",
  ])("are refused when made up: %s", async (forged) => {
    const { yard } = await stocked();
    expectProblem(await yard.call("GET", `/v1/instances?cursor=${forged}`), 400, "invalid_cursor");
  });
});

describe("long-suffering instances in a list", () => {
  it("show only their newest attempt, and no stacks", async () => {
    const yard = openYard();
    await define(yard, "a");
    const id = await submit(yard, { task: "a" });
    for (let attempt = 0; attempt < 3; attempt++) {
      const stack = "at secret.ts:1";
      await yard.report(id, { kind: "failed", error: { class: "error", message: "no", stack } });
      yard.hints.splice(0, Infinity, { tenant: "acme", instanceId: id });
      yard.now += 10_000;
      await yard.dispatch();
    }
    const one = await yard.call("GET", `/v1/instances/${id}`);
    expect(one.body.attempts).toHaveLength(3);
    expect(one.text).toContain("secret.ts");
    for (const reply of [
      await yard.call("GET", "/v1/instances"),
      await yard.call("POST", "/v1/instances/lookup", { body: { ids: [id] } }),
    ]) {
      const [item] = reply.body.items;
      expect(item.attempts).toEqual([
        { ...one.body.attempts[2], error: { class: "error", message: "no" } },
      ]);
      expect([item.attemptCount, item.error]).toEqual([3, { class: "error", message: "no" }]);
      expect(reply.text).not.toContain("secret.ts");
    }
  });
});
