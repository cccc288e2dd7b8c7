import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";

export interface CliEnd {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Switchyard {
  readonly file: string;
  /** Runs the tool to its end; `input` goes to its standard input. */
  run(args: readonly string[], options?: RunOptions): Promise<CliEnd>;
  remove(): Promise<void>;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Bundles the command line tool as the build does, and runs it against a server. */
export async function buildSwitchyard(server: string): Promise<Switchyard> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-cli-"));
  const file = join(folder, "switchyard.mjs");
  await build({
    entryPoints: [resolve("client/cli/main.ts")],
    outfile: file,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
  });
  return {
    file,
    run: (args, options) => runTool(file, server, args, options),
    remove: () => rm(folder, { recursive: true }),
  };
}

function runTool(
  file: string,
  server: string,
  args: readonly string[],
  { input = "", env = {} }: RunOptions = {},
): Promise<CliEnd> {
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, [file, ...args], {
      env: { PATH: process.env.PATH, SWITCHYARD_URL: server, ...env },
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.on("error", reject);
    child.on("close", (exitCode) => settle({ exitCode, out, err }));
    child.stdin.end(input);
  });
}
