import { describe, expect, it } from "vitest";
import { contents, define, expectProblem, openYard, stranger, submit } from "./yard.ts";

const badQueries: readonly (readonly [string, string, string])[] = [
  ["/v1/instances?limit=0", "invalid_field", "limit"],
  ["/v1/instances?limit=-1", "invalid_field", "limit"],
  ["/v1/instances?limit=501", "invalid_field", "limit"],
  ["/v1/instances?limit=1000000000", "invalid_field", "limit"],
  ["/v1/instances?limit=1e2", "invalid_field", "limit"],
  ["/v1/instances?limit=0x10", "invalid_field", "limit"],
  ["/v1/instances?limit=%201", "invalid_field", "limit"],
  ["/v1/instances?limit=1.5", "invalid_field", "limit"],
  ["/v1/instances?limit=", "invalid_field", "limit"],
  ["/v1/instances?limit=%D9%A3", "invalid_field", "limit"],
  ["/v1/instances?limit=1&limit=2", "invalid_field", "limit"],
  ["/v1/instances?cursor=a&cursor=b", "invalid_field", "cursor"],
  ["/v1/instances?cursor=", "invalid_field", "cursor"],
  [`/v1/instances?cursor=${"A".repeat(513)}`, "invalid_field", "cursor"],
  ["/v1/instances?state=done", "invalid_field", "state"],
  ["/v1/instances?state=", "invalid_field", "state"],
  ["/v1/instances?state=pending,", "invalid_field", "state"],
  ["/v1/instances?state=Pending", "invalid_field", "state"],
  [`/v1/instances?state=${"pending,".repeat(99)}pending`, "invalid_field", "state"],
  ["/v1/instances?task=a%23b", "invalid_field", "task"],
  ["/v1/instances?task=a&task=b", "invalid_field", "task"],
  ["/v1/instances?group=..", "invalid_field", "group"],
  ["/v1/instances?tag==x", "invalid_field", "tag"],
  [`/v1/instances?${"tag=a&".repeat(21)}`, "invalid_field", "tag"],
  ["/v1/instances?since=yesterday", "invalid_field", "since"],
  ["/v1/instances?since=2026-02-30T00:00:00Z", "invalid_field", "since"],
  ["/v1/instances?until=1763629200000", "invalid_field", "until"],
  ["/v1/instances?q=", "invalid_field", "q"],
  [`/v1/instances?q=${"x".repeat(201)}`, "invalid_field", "q"],
  ["/v1/instances?offset=3", "unknown_field", "offset"],
  ["/v1/instances?tenant=other", "unknown_field", "tenant"],
  ["/v1/instances?__proto__=x", "unknown_field", "__proto__"],
  ["/v1/instances?constructor=x", "unknown_field", "constructor"],
  ["/v1/instances?toString=x", "unknown_field", "toString"],
  ["/v1/instances?=x", "unknown_field", ""],
  ["/v1/tasks?limit=0", "invalid_field", "limit"],
  ["/v1/tasks?q=x", "unknown_field", "q"],
  ["/v1/tasks/hello?expand=1", "unknown_field", "expand"],
  ["/v1/tasks/hello/stats?hours=0", "invalid_field", "hours"],
  ["/v1/tasks/hello/stats?hours=169", "invalid_field", "hours"],
  ["/v1/doctor?limit=501", "invalid_field", "limit"],
  ["/v1/health?verbose=1", "unknown_field", "verbose"],
];

const strangeIds = [
  "nope",
  "ins_",
  "INS_00000000000000000000000000",
  "ins_0000000000000000000000000",
  "ins_000000000000000000000000000",
  "ins_0000000000000000000000000!",
  "ins_0000000000000000000000000%0a",
  "..%2f..%2fsecret",
  "%00",
  "%ff",
  "%E0%A4%A",
  "I%23LOG",
  "ins_%D0%B0000000000000000000000000",
  "a".repeat(5_000),
];

describe("hostile reads", () => {
  it.each(badQueries)("are refused: %s", async (path, code, pointer) => {
    const yard = openYard();
    await define(yard, "hello");
    const before = contents(yard);
    const reply = await yard.call("GET", path);
    const problem = expectProblem(reply, 400, code === "invalid_field" ? code : "unknown_field");
    expect(problem.pointer).toBe(pointer);
    expect(contents(yard)).toBe(before);
  });

  it.each(["soon", "-1", "21", "1.5", "1e1", "", "NaN"])(
    "do not wait for waitSeconds=%s",
    async (value) => {
      const yard = openYard();
      await define(yard, "hello");
      const id = await submit(yard, { task: "hello" });
      const reply = await yard.call("GET", `/v1/instances/${id}?waitSeconds=${value}`);
      expect(expectProblem(reply, 400, "invalid_field").pointer).toBe("waitSeconds");
    },
  );

  it.each(strangeIds)("find nothing under the id %s", async (id) => {
    const yard = openYard();
    for (const part of ["", "/history", "/routing", "/why", "/logs"]) {
      const reply = await yard.call("GET", `/v1/instances/${id}${part}`);
      expect(expectProblem(reply, 404, "instance_not_found").detail.length).toBeLessThan(200);
    }
  });
});

describe("foreign reads", () => {
  it("find nothing under a task's name that no task can have", async () => {
    const yard = openYard();
    for (const name of ["a%23b", "%2e%2e%2fx", "%00", "*", "a".repeat(64)]) {
      for (const part of ["", "/versions", "/stats"]) {
        const reply = await yard.call("GET", `/v1/tasks/${name}${part}`);
        expect(expectProblem(reply, 404, "task_not_found").pointer).toBe("name");
      }
    }
  });

  it("see nothing of another tenant, whatever they ask for", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, {
      task: "hello",
      input: "mine",
      tags: { a: "mine" },
      group: "g",
    });
    await yard.dispatch();
    await yard.report(id, { kind: "succeeded", output: "mine", log: "mine" });
    const before = contents(yard);
    const as = stranger;
    for (const part of ["", "/history", "/routing", "/why", "/logs"]) {
      expectProblem(
        await yard.call("GET", `/v1/instances/${id}${part}`, { as }),
        404,
        "instance_not_found",
      );
    }
    for (const action of ["cancel", "retry"]) {
      expectProblem(
        await yard.call("POST", `/v1/instances/${id}/${action}`, { as }),
        404,
        "instance_not_found",
      );
    }
    for (const part of ["", "/versions", "/stats"]) {
      expectProblem(
        await yard.call("GET", `/v1/tasks/hello${part}`, { as }),
        404,
        "task_not_found",
      );
    }
    for (const query of ["", "?task=hello", "?group=g", "?q=mine"]) {
      const reply = await yard.call("GET", `/v1/instances${query}`, { as });
      expect(reply.body).toEqual({ items: [] });
    }
    const lookup = await yard.call("POST", "/v1/instances/lookup", { body: { ids: [id] }, as });
    expect(lookup.body).toEqual({ items: [null] });
    const purge = await yard.call("POST", "/v1/instances/purge", {
      body: { before: "2030-01-01T00:00:00Z" },
      as,
    });
    expect(purge.body).toEqual({ instancesDeleted: 0, logsDeleted: 0, scanned: 0 });
    expect((await yard.call("GET", "/v1/doctor", { as })).body).toEqual({
      scanned: 0,
      findings: [],
    });
    expectProblem(
      await yard.call("POST", "/v1/instances", { body: { task: "hello" }, as }),
      404,
      "task_not_found",
    );
    expect(contents(yard)).toBe(before);
  });
});
