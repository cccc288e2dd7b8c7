import { describe, expect, it } from "vitest";
import { shippedRules } from "../../shared/routing/rules/shipped.ts";
import { mine, put } from "./rules-yard.ts";
import { contents, expectProblem, openYard, stranger, type Yard } from "./yard.ts";

describe("the rules of a tenant", () => {
  it("are the shipped ones until somebody sets others", async () => {
    const yard = openYard();
    const { status, body, headers } = await yard.call("GET", "/v1/rules");
    expect(status).toBe(200);
    expect(headers.get("etag")).toBe('"0"');
    expect(body).toMatchObject({ latestVersion: 0, changes: [] });
    expect(body.active).toMatchObject({ version: 0, name: "shipped", rules: shippedRules.rules });
    expect(body.active.text).toContain("rule edge_execution priority high -> edge");
    expect([body.shadow, body.experiment, body.active.createdAt]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("become a version with author and note, in canonical text and in force at once", async () => {
    const yard = openYard();
    const { body } = await put(yard, { ...mine, note: "state is dear" });
    expect(body).toMatchObject({ version: 1, latestVersion: 1 });
    expect(body.active).toMatchObject({
      version: 1,
      name: "mine",
      createdBy: "ada",
      createdAt: "2026-11-20T09:00:00.000Z",
      note: "state is dear",
      policy: { name: "cost-first" },
    });
    expect(body.active.rules[0].when).toBe("stateful = true AND memory_requirement > 4GB");
    expect(body.changes).toEqual([
      {
        at: "2026-11-20T09:00:00.000Z",
        by: "ada",
        kind: "activate",
        version: 1,
        before: 0,
        reason: "state is dear",
      },
    ]);
    expect((await yard.call("GET", "/v1/rules")).body.active).toEqual(body.active);
  });

  it("make no new version of the same content, however it is written", async () => {
    const yard = openYard();
    await put(yard);
    const before = contents(yard);
    const rules = [{ ...mine.rules[0], when: "(stateful = TRUE) AND memory_requirement > 4GB" }];
    const { body, headers } = await put(yard, { ...mine, rules }, 200);
    expect([body.version, body.latestVersion, headers.get("etag")]).toEqual([1, 1, '"1"']);
    expect(contents(yard)).toBe(before);
    await put(yard, { name: shippedRules.name, rules: shippedRules.rules });
    expect((await yard.call("GET", "/v1/rules")).body.active.version).toBe(2);
  });
});

describe("versions of the rules", () => {
  it("can be kept without being in force, and activated and rolled back later", async () => {
    const yard = openYard();
    await put(yard, { ...mine, activate: false });
    expect((await yard.call("GET", "/v1/rules")).body).toMatchObject({
      latestVersion: 1,
      active: { version: 0 },
    });
    const activate = (version: number) =>
      yard.call("POST", "/v1/rules/activate", { body: { version, reason: `to ${version}` } });
    expect((await activate(1)).body.active.version).toBe(1);
    const back = await activate(0);
    expect(back.body.active).toMatchObject({ version: 0, name: "shipped" });
    expect(back.body.changes.map((change: { reason: string }) => change.reason)).toEqual([
      "to 0",
      "to 1",
    ]);
    const again = contents(yard);
    await activate(0);
    expect(contents(yard)).toBe(again);
    const missing = await activate(7);
    const problem = expectProblem(missing, 404, "rules_version_not_found");
    expect(problem).toMatchObject({
      pointer: "/version",
      suggestion: expect.stringContaining("newest version is 1"),
    });
  });

  it("are listed newest first, with what is shipped at the end", async () => {
    const yard = openYard();
    for (const name of ["a", "b", "c"]) await put(yard, { ...mine, name });
    const first = await yard.call("GET", "/v1/rules/versions?limit=2");
    expect(first.body.items.map(({ version }: { version: number }) => version)).toEqual([3, 2]);
    const rest = await yard.call(
      "GET",
      `/v1/rules/versions?limit=2&cursor=${first.body.nextCursor}`,
    );
    expect(rest.body.items).toMatchObject([
      { version: 1, name: "a", ruleCount: 1, createdBy: "ada" },
      { version: 0, name: "shipped", ruleCount: 3 },
    ]);
    expect(rest.body.nextCursor).toBe(undefined);
    expect((await yard.call("GET", "/v1/rules/versions/2")).body).toMatchObject({
      name: "b",
      rules: [{ name: "big_state" }],
    });
    expect((await yard.call("GET", "/v1/rules/versions/0")).body.name).toBe("shipped");
    expectProblem(await yard.call("GET", "/v1/rules/versions/4"), 404, "rules_version_not_found");
    expectProblem(await yard.call("GET", "/v1/rules/versions/x"), 400, "invalid_field");
  });
});

describe("setting rules", () => {
  it("goes only over the version that If-Match names", async () => {
    const yard = openYard();
    await put(yard);
    const put2 = (etag: string) =>
      yard.call("PUT", "/v1/rules", {
        body: { ...mine, name: "b" },
        headers: { "if-match": etag },
      });
    expectProblem(await put2('"0"'), 412, "precondition_failed");
    expectProblem(await put2("x"), 400, "invalid_field");
    expect((await put2('"1"')).status).toBe(201);
  });

  it("at the same time makes several versions, none of them lost", async () => {
    const yard = openYard();
    const replies = await Promise.all(
      ["a", "b", "c", "d"].map((name) =>
        yard.call("PUT", "/v1/rules", { body: { ...mine, name } }),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(replies.map(({ body }) => body.version).toSorted()).toEqual([1, 2, 3, 4]);
    const { body } = await yard.call("GET", "/v1/rules/versions");
    expect(body.items.map(({ name }: { name: string }) => name).toSorted()).toEqual([
      "a",
      "b",
      "c",
      "d",
      "shipped",
    ]);
  });

  it("is about the own tenant only", async () => {
    const yard = openYard();
    await put(yard);
    expect((await yard.call("GET", "/v1/rules", { as: stranger })).body.active.version).toBe(0);
    expectProblem(
      await yard.call("GET", "/v1/rules/versions/1", { as: stranger }),
      404,
      "rules_version_not_found",
    );
    const body = { features: {} };
    const reply = await yard.call("POST", "/v1/rules/evaluate", { body, as: stranger });
    expect(reply.body.rules).toBe("shipped");
  });

  it("refuses wrong ones with rule, line, column and suggestion", async () => {
    const yard = openYard();
    const before = contents(yard);
    const rules = [
      { name: "good", when: "stateful = true", type: "edge" },
      { name: "bad", when: "stateful = true AND memory < 2gb", type: "edge" },
    ];
    const problem = expectProblem(
      await yard.call("PUT", "/v1/rules", { body: { rules } }),
      400,
      "invalid_rule",
    );
    expect(problem).toMatchObject({
      pointer: "/rules/1/when",
      detail: expect.stringContaining("rule bad, line 1, column 21: there is no feature memory"),
      suggestion: "did you mean memory_requirement?",
    });
    const twice = [rules[0], rules[0]];
    const doubled = expectProblem(
      await yard.call("PUT", "/v1/rules", { body: { rules: twice } }),
      400,
      "invalid_rule",
    );
    expect(doubled.detail).toContain("several rules called good");
    const typo = [{ ...rules[0], priority: "hihg" }];
    const field = expectProblem(
      await yard.call("PUT", "/v1/rules", { body: { rules: typo } }),
      400,
      "invalid_field",
    );
    expect(field).toMatchObject({
      pointer: "/rules/0/priority",
      suggestion: 'did you mean "high"?',
    });
    expect(contents(yard)).toBe(before);
  });
});

describe("rules on trial", () => {
  const shadow = (yard: Yard, version: number) =>
    yard.call("PUT", "/v1/rules/shadow", { body: { version } });
  const experiment = (yard: Yard, candidateVersion: number, percent = 10) =>
    yard.call("PUT", "/v1/rules/experiment", { body: { candidateVersion, percent } });

  it("decide in shadow until that is ended", async () => {
    const yard = openYard();
    await put(yard, { ...mine, activate: false });
    expect((await shadow(yard, 1)).body.shadow).toEqual({ version: 1, name: "mine" });
    const ended = await yard.call("DELETE", "/v1/rules/shadow");
    expect([ended.status, ended.body.shadow]).toEqual([200, undefined]);
    const kinds = ended.body.changes.map(({ kind, version }: Record<string, unknown>) => [
      kind,
      version,
    ]);
    expect(kinds).toEqual([
      ["shadow", undefined],
      ["shadow", 1],
    ]);
    const before = contents(yard);
    expect((await yard.call("DELETE", "/v1/rules/shadow")).status).toBe(200);
    expect(contents(yard)).toBe(before);
  });

  it("decide about a share of the instances until that is ended", async () => {
    const yard = openYard();
    await put(yard, { ...mine, activate: false });
    const started = { startedAt: "2026-11-20T09:00:00.000Z", startedBy: "ada" };
    expect((await experiment(yard, 1, 2.5)).body.experiment).toEqual({
      candidateVersion: 1,
      name: "mine",
      percent: 2.5,
      ...started,
    });
    expect((await yard.call("DELETE", "/v1/rules/experiment")).body.experiment).toBe(undefined);
    expectProblem(await experiment(yard, 1, 0), 400, "invalid_field");
    expectProblem(await experiment(yard, 1, 101), 400, "invalid_field");
    expectProblem(await experiment(yard, 9), 404, "rules_version_not_found");
  });

  it("are no longer on trial once they are in force, and cannot go on trial then", async () => {
    const yard = openYard();
    await put(yard, { ...mine, activate: false });
    await shadow(yard, 1);
    await experiment(yard, 1);
    const { body } = await yard.call("POST", "/v1/rules/activate", { body: { version: 1 } });
    expect([body.active.version, body.shadow, body.experiment]).toEqual([1, undefined, undefined]);
    expect(expectProblem(await shadow(yard, 1), 400, "invalid_field").detail).toContain(
      "is in force",
    );
    expect(expectProblem(await experiment(yard, 1), 400, "invalid_field").pointer).toBe(
      "/candidateVersion",
    );
    expect((await shadow(yard, 0)).status).toBe(200);
  });
});

describe("checking rules", () => {
  const check = async (body: object) =>
    (await openYard().call("POST", "/v1/rules/check", { body })).body;

  it("answers the canonical form of a condition, a rule set or a text", async () => {
    expect(await check({ when: "stateful=true" })).toEqual({
      ok: true,
      mistakes: [],
      when: "stateful = true",
    });
    const text =
      "rules mine\npolicy cost-first\n\nrule a priority low -> edge\n  when stateful = true\n";
    const checked = await check({ text: text.replace(" = ", "=") });
    expect(checked).toMatchObject({ ok: true, text, rules: { name: "mine" } });
    expect(await check({ rules: checked.rules })).toEqual(checked);
  });

  it("answers every mistake with its place", async () => {
    expect(await check({ when: "stateful ==\n true" })).toEqual({
      ok: false,
      mistakes: [
        { line: 1, column: 10, message: "== is not an operator here", suggestion: "write =" },
      ],
    });
    const { mistakes } = await check({ text: "rule a -> edg\n when x = 1\nfoo" });
    expect(mistakes.map(({ line }: { line: number }) => line)).toEqual([1, 2, 3]);
    const set = await check({ rules: { rules: [{ name: "a", when: "x = 1", type: "edge" }] } });
    expect(set.mistakes[0]).toMatchObject({ rule: "a", line: 1, column: 1 });
  });

  it("wants exactly one thing to check", async () => {
    const yard = openYard();
    for (const body of [{}, { when: "stateful = true", text: "" }]) {
      expectProblem(await yard.call("POST", "/v1/rules/check", { body }), 400, "invalid_field");
    }
  });
});
