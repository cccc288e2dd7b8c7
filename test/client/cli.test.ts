import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, plainTask, type YardServer } from "./yard-server.ts";

let yard: YardServer;
let tool: Switchyard;
beforeAll(async () => {
  yard = await openYardServer({
    behaviour: ({ task, input }) => {
      if (task === "sleeper") return undefined;
      if (task === "broken") return { error: "no such picture\u001b[2J" };
      return { output: input ?? null, log: "first line\nsecond\u001b[2J line" };
    },
  });
  tool = await buildSwitchyard(yard.url);
  const definition = JSON.stringify(plainTask);
  for (const task of ["resize", "sleeper", "idle", "planned"]) {
    await tool.run(["define", task, "-"], { input: definition });
  }
  const once = JSON.stringify({ ...plainTask, retry: { maxAttempts: 1 } });
  await tool.run(["define", "broken", "-"], { input: once });
});
afterAll(async () => {
  await tool.remove();
  await yard.close();
});

const submittedId = async (...args: string[]): Promise<string> => {
  const { out } = await tool.run(["submit", ...args, "-q"]);
  return out.trim();
};

describe.concurrent("switchyard submit", () => {
  it("says the id and the state, or only the id, or everything as JSON", async () => {
    const [human, quiet, json] = await Promise.all([
      tool.run(["submit", "resize"]),
      tool.run(["submit", "resize", "--quiet"]),
      tool.run(["submit", "resize", "--json"]),
    ]);
    expect(human.out).toMatch(/^ins_\w{26} dispatched\n$/);
    expect(quiet.out).toMatch(/^ins_\w{26}\n$/);
    expect(JSON.parse(json.out)).toMatchObject({ task: "resize", state: "dispatched" });
    expect([human, quiet, json].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  });

  it("takes the input as pairs, as JSON, from a file and from standard input", async () => {
    const file = join(tmpdir(), `switchyard-input-${process.pid}.json`);
    await writeFile(file, '{"from":"file"}');
    const pairs = ["name=Ada", "n=3", "on=true", "list=[1,2]", 'zip="01"', "path=a=b"];
    const ends = await Promise.all([
      tool.run(["submit", "resize", ...pairs, "--wait"]),
      tool.run(["submit", "resize", "--input", '["json"]', "--wait"]),
      tool.run(["submit", "resize", "--input", `@${file}`, "--wait"]),
      tool.run(["submit", "resize", "--input=@-", "--wait"], { input: '"piped"' }),
    ]);
    expect(ends.map(({ out }) => out)).toEqual([
      '{"name":"Ada","n":3,"on":true,"list":[1,2],"zip":"01","path":"a=b"}\n',
      '["json"]\n',
      '{"from":"file"}\n',
      '"piped"\n',
    ]);
  });

  it("passes every option on", async () => {
    const options = ["--delay", "1h30m", "--priority", "8", "--group", "night", "--tag", "a=1"];
    const more = ["--tag", "b=2=3", "--timeout", "90s", "--backend", "local", "--version", "1"];
    const { out } = await tool.run(["submit", "sleeper", ...options, ...more, "--json"]);
    const instance = JSON.parse(out);
    expect(instance).toMatchObject({
      priority: 8,
      group: "night",
      tags: { a: "1", b: "2=3" },
      timeoutSeconds: 90,
      pinnedBackend: "local",
      version: 1,
      waiting: "delayed",
    });
    expect(Date.parse(instance.dueAt) - Date.parse(instance.createdAt)).toBe(5_400_000);
  });

  it("makes no second instance with the same idempotency key", async () => {
    const args = ["submit", "resize", "--idempotency-key", "only-once"];
    const first = await tool.run(args);
    const again = await tool.run(args);
    expect(again.out.split(" ")[0]).toBe(first.out.split(" ")[0]);
    expect(again.err).toContain("submitted before");
  });

  it("waits, prints the output alone, and tells by its exit code how it ended", async () => {
    const good = await tool.run(["submit", "resize", "n=1", "--wait"]);
    expect(good).toMatchObject({ exitCode: 0, out: '{"n":1}\n' });
    const bad = await tool.run(["submit", "broken", "-w"]);
    expect(bad).toMatchObject({ exitCode: 1, out: "" });
    expect(bad.err).toContain("no such picture");
    expect(bad.err).not.toContain("\u001b");
    const late = await tool.run(["submit", "sleeper", "-w", "--wait-timeout", "50ms"]);
    expect(late).toMatchObject({ exitCode: 5, out: "" });
    expect(late.err).toContain("was not finished");
  });

  it("shows where it would go, and submits nothing, with --dry-run", async () => {
    const { out, exitCode } = await tool.run(["submit", "planned", "--dry-run"]);
    expect(exitCode).toBe(0);
    expect(out).toContain("goes to local");
    expect((await tool.run(["list", "--task", "planned", "-q"])).out).toBe("");
  });
});

describe.concurrent("switchyard batch", () => {
  const lines = '{"task":"resize","input":1}\n\nnot json\n{"task":"nope"}\n{"input":{"a":1}}\n[]\n';

  it("submits each line, tells of bad ones by their number, and fails for them", async () => {
    const args = ["batch", "-", "--task", "resize", "--quiet"];
    const { out, err, exitCode } = await tool.run(args, { input: lines });
    expect(out.trim().split("\n")).toHaveLength(2);
    expect(err).toMatch(/^line 3: .*not JSON/m);
    expect(err).toMatch(/^line 4: task_not_found: there is no task "nope"/m);
    expect(err).toMatch(/^line 6: .*must be a JSON object/m);
    expect(exitCode).toBe(1);
  });

  it("writes one line of JSON for each, in their order", async () => {
    const { out } = await tool.run(["batch", "-", "--task", "resize", "--json"], { input: lines });
    const items = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(items.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6]);
    expect(items.map((item) => "error" in item)).toEqual([false, true, true, false, true]);
  });

  it("runs a file twice without doubling anything, and waits for it", async () => {
    const input = Array.from({ length: 1_200 }, (_, n) => `{"input":${n}}`).join("\n");
    const args = ["batch", "-", "--task", "resize", "--key-prefix", "import", "--wait"];
    const first = await tool.run(args, { input });
    expect(first.exitCode).toBe(0);
    expect(first.err).toContain("1200 of 1200 accepted, 1200 succeeded");
    const again = await tool.run(args, { input });
    expect(again.err).toContain("1200 of them known already");
  });
});

describe.concurrent("switchyard wait, cancel and retry", () => {
  it("writes each instance as it ends and fails when one did not succeed", async () => {
    const [good, bad] = await Promise.all([submittedId("resize"), submittedId("broken")]);
    const { out, exitCode } = await tool.run(["wait", good, bad]);
    expect(out).toMatch(new RegExp(`^${good} succeeded, attempt 1 on local`, "m"));
    expect(out).toMatch(new RegExp(`^${bad} failed.*no such picture`, "m"));
    expect(exitCode).toBe(1);
    expect((await tool.run(["wait", good, "--json"])).exitCode).toBe(0);
  });

  it("stops waiting when the time is over", async () => {
    const id = await submittedId("sleeper");
    expect(await tool.run(["wait", id, "--timeout", "50ms"])).toMatchObject({ exitCode: 5 });
  });

  it("cancels, starts again, and is refused where the state forbids it", async () => {
    const id = await submittedId("sleeper");
    expect((await tool.run(["cancel", id, "--reason", "wrong one"])).out).toBe(`${id} cancelled\n`);
    const retried = await tool.run(["retry", id]);
    expect(retried.out).toMatch(new RegExp(`^${id} (pending|dispatched)`));
    const refused = await tool.run(["retry", id]);
    expect(refused.exitCode).toBe(4);
    expect(refused.err).toContain("409 illegal_transition");
  });

  it("answers for each of several", async () => {
    const id = await submittedId("sleeper");
    const { out, err, exitCode } = await tool.run(["cancel", id, "ins_00000000000000000000000000"]);
    expect(out).toBe(`${id} cancelled\n`);
    expect(err).toContain("ins_00000000000000000000000000: instance_not_found");
    expect(exitCode).toBe(4);
  });
});

describe.concurrent("looking at instances", () => {
  it("lists them in lines that fit 80 cells", async () => {
    await submittedId("sleeper", "--tag", "for=width", "--group", "a-group-with-a-long-name");
    const { out } = await tool.run(["list", "--limit", "30"], { env: { COLUMNS: "80" } });
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^ID +TASK +STATE +AGE/);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it("lists by filter, as JSON lines or ids, and says when there are more", async () => {
    const ids = [
      await submittedId("idle", "--tag", "x=1"),
      await submittedId("idle", "--tag", "x=1"),
    ];
    const filter = ["list", "--task", "idle", "--tag", "x=1", "--since", "1h"];
    const json = await tool.run([...filter, "--json"]);
    expect(
      json.out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).id)
        .sort(),
    ).toEqual(ids.sort());
    const one = await tool.run([...filter, "--limit", "1"]);
    expect(one.err).toContain("--all or --limit N shows more");
    const none = await tool.run([...filter, "--state", "failed,expired", "-q"]);
    expect(none).toMatchObject({ out: "", exitCode: 0 });
  });

  it("tells status, history, routing, why and logs in words and as JSON", async () => {
    const id = await submittedId("resize", "n=1");
    await tool.run(["wait", id]);
    const commands = ["status", "history", "routing", "why", "logs"];
    const words = await Promise.all(commands.map((command) => tool.run([command, id])));
    const [status, history, routing, why, logs] = words.map(({ out }) => out);
    expect(status).toMatch(/^state +succeeded$/m);
    expect(status).toMatch(/^input +\{"n":1\}$/m);
    expect(history).toMatch(/running → succeeded/);
    expect(routing).toContain("goes to local");
    expect(why).not.toBe("");
    expect(logs).toContain("first line\n");
    const json = await Promise.all(commands.map((command) => tool.run([command, id, "--json"])));
    expect(json.map(({ out }) => typeof JSON.parse(out))).toEqual(commands.map(() => "object"));
    const wrong = await tool.run(["logs", id, "--attempt", "9"]);
    expect(wrong).toMatchObject({ exitCode: 2 });
  });
});

describe("looking after tasks and the server", () => {
  it("shows tasks, versions and figures, pauses and resumes", async () => {
    const ends = await Promise.all([
      tool.run(["tasks"]),
      tool.run(["tasks", "-q"]),
      tool.run(["task", "resize", "--json"]),
      tool.run(["task", "resize", "--versions"]),
      tool.run(["stats", "resize"]),
      tool.run(["placement", "resize"]),
    ]);
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(ends[0]?.out).toMatch(/^resize +1 +active/m);
    expect(ends[1]?.out.split("\n")).toContain("resize");
    expect(JSON.parse(ends[2]?.out ?? "")).toMatchObject({ name: "resize", version: 1 });
    expect(ends[3]?.out).toMatch(/VERSION +DEFINED/);
    expect(ends[4]?.out).toMatch(/SUBMITTED +OK/);
    expect((await tool.run(["pause", "idle", "--reason", "a test"])).out).toContain("is paused");
    const id = await submittedId("idle");
    expect((await tool.run(["why", id])).out).toContain("paused");
    expect((await tool.run(["resume", "idle"])).out).toContain("no longer paused");
  });

  it("says what is wrong with a definition and where", async () => {
    const input = '{"run":{"function":{"module":"../x.mjs"}}}';
    const { exitCode, err } = await tool.run(["define", "wrong", "-"], { input });
    expect(exitCode).toBe(4);
    expect(err).toContain("/run/function/module");
  });

  it("finds nothing wrong, and then what was broken on purpose", async () => {
    const healthy = await tool.run(["doctor"]);
    expect(healthy).toMatchObject({ exitCode: 0 });
    expect(healthy.out).toMatch(/\d+ instances examined: all is as it must be/);
    const key = keys.instance("default", await submittedId("sleeper"));
    const record = await yard.store.get(key);
    if (record === undefined) throw new Error("the instance was not stored");
    const { wakeAtMs: _, ...body } = record.body as { wakeAtMs: number };
    await yard.store.write([
      { kind: "put", record: { key, type: "instance", body }, expect: record.version },
    ]);
    const sick = await tool.run(["doctor"]);
    expect(sick.exitCode).toBe(1);
    expect(sick.out).toMatch(/\d+ findings/);
    expect(JSON.parse((await tool.run(["doctor", "--json"])).out).findings).not.toEqual([]);
  });

  it("tells the health, and deletes what is old", async () => {
    expect((await tool.run(["health"])).out).toContain("is ok");
    await submittedId("resize", "--wait");
    const purged = await tool.run(["purge", "--before", "0s", "--task", "resize", "--json"]);
    expect(JSON.parse(purged.out).instancesDeleted).toBeGreaterThan(0);
  });
});
