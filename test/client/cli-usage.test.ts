import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandTable } from "../../client/cli/command-table.ts";
import { openHostileProxy } from "./hostile-proxy.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer } from "./yard-server.ts";

let tool: Switchyard;
let nobody: string;
beforeAll(async () => {
  const gone = await openYardServer();
  await gone.close();
  nobody = gone.url;
  tool = await buildSwitchyard(nobody);
});
afterAll(() => tool.remove());

describe.concurrent("wrong usage", () => {
  it.each([
    [["lits"], 'there is no command "lits"', "did you mean switchyard list?"],
    [["list", "--stat", "failed"], "no option --stat", "did you mean --state?"],
    [["list", "--state", "faild"], 'there is no state "faild"', "did you mean failed?"],
    [["list", "extra"], 'does not take "extra"', "usage: switchyard list"],
    [["submit"], "needs TASK", "usage: switchyard submit"],
    [["submit", "a", "word"], '"word" is neither', "KEY=VALUE"],
    [["submit", "a", "--delay", "10"], '"10" is none', "10s"],
    [["submit", "a", "--start-at", "noon"], '"noon" is none', "ISO 8601"],
    [["submit", "a", "--input", "{x"], "--input is not JSON", "quote it"],
    [["submit", "a", "--input"], "--input needs a value", "--input JSON"],
    [["submit", "a", "--input", "--wait"], "--input needs a value", "--input JSON"],
    [["submit", "a", "--wait=yes"], "--wait is a switch", ""],
    [["submit", "a", "--priority", "10"], "from 0 to 9", ""],
    [["submit", "a", "--group", "x", "--group", "y"], "more than once", ""],
    [["batch", "/no/such/file"], "cannot be read (ENOENT)", "standard input"],
    [["purge"], "purge needs --before", "30d"],
    [["--json", "list"], "the command comes first", "help"],
    [["list", "--json", "-q"], "exclude each other", ""],
    [["list", "--server", "localhost"], "not the address of a server", "SWITCHYARD_URL"],
  ])("%j is explained, with the way out", async (args, what, fix) => {
    const { exitCode, out, err } = await tool.run(args);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(what);
    expect(err).toContain(fix);
  });
});

describe.concurrent("a server that does not answer", () => {
  it("is named, with how to start one", async () => {
    const { exitCode, out, err } = await tool.run(["list"]);
    expect(exitCode).toBe(3);
    expect(out).toBe("");
    expect(err).toContain(`no server answers at ${nobody}`);
    expect(err).toContain("npm start");
    expect(err).toContain("SWITCHYARD_URL");
    const json = await tool.run(["list", "--json"]);
    expect(JSON.parse(json.err)).toMatchObject({ error: { code: "unreachable" } });
  });

  it("is told apart from a server of another kind", async () => {
    const stranger = await openHostileProxy("http://127.0.0.1:1", () => "garbage");
    const { exitCode, err } = await tool.run(["health", "--server", stranger.url]);
    await stranger.close();
    expect(exitCode).toBe(3);
    expect(err).toContain("the answer is not JSON");
  });
});

describe.concurrent("help", () => {
  it("lists every command within the width, and needs no server", async () => {
    const { exitCode, out } = await tool.run(["help"], { env: { COLUMNS: "80" } });
    expect(exitCode).toBe(0);
    for (const { name } of commandTable) expect(out).toContain(`\n  ${name}`);
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect((await tool.run([])).out.split("\n")[0]).toBe(out.split("\n")[0]);
  });

  it("tells about one command, both ways", async () => {
    const asked = await tool.run(["help", "submit"]);
    const flagged = await tool.run(["submit", "--help"]);
    expect(asked).toEqual(flagged);
    expect(asked.out).toContain("--idempotency-key KEY");
    expect((await tool.run(["help", "sumbit"])).err).toContain("did you mean switchyard submit?");
  });

  it("says its version", async () => {
    expect((await tool.run(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("the launcher", () => {
  it("runs the built tool, and says how to build it while there is none", async () => {
    const root = await mkdtemp(join(tmpdir(), "switchyard-launcher-"));
    const launcher = join(root, "client/bin/switchyard.mjs");
    await mkdir(join(root, "client/bin"), { recursive: true });
    await copyFile("client/bin/switchyard.mjs", launcher);
    expect(existsSync(join(root, "dist"))).toBe(false);
    expect(() => execFileSync(process.execPath, [launcher], { stdio: "pipe" })).toThrow(
      /npm run build/,
    );
    await mkdir(join(root, "dist/cli"), { recursive: true });
    await copyFile(tool.file, join(root, "dist/cli/switchyard.mjs"));
    const out = execFileSync(process.execPath, [launcher, "--version"], { encoding: "utf8" });
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
    await rm(root, { recursive: true });
  });
});
