import { execFile } from "node:child_process";
import { delimiter } from "node:path";
import { promisify } from "node:util";
import type { PackageOrder } from "../../../../shared/contract/http/work.ts";
import type { RuntimeProgram } from "./runtime-api-run.ts";

const probeMsMax = 10_000;
const knownMax = 100;
const probe = "import importlib.util as u; print(u.find_spec('awslambdaric') is not None)";
const run = promisify(execFile);

/** Finds a Python for a package, or undefined where there is none. */
export type FindPython = (code: PackageOrder) => Promise<RuntimeProgram | undefined>;

/**
 * Finds a Python for functions of this runtime: the one of exactly this version, else whatever
 * python3 is. AWS's own client speaks for it where it is installed, as in AWS's images, else ours.
 */
export function openFindPython(env: NodeJS.ProcessEnv, clientPath: string): FindPython {
  const known = new Map<string, Omit<RuntimeProgram, "environment">>();
  return async ({ runtime, handler, environment: ofFunction }) => {
    const environment = environmentFor({ ...env, ...ofFunction });
    const key = JSON.stringify([runtime, environment.PYTHONPATH]);
    const found = known.get(key) ?? (await search(runtime, { ...env, ...environment }, clientPath));
    if (found === undefined) return undefined;
    // What is missing may be installed any time; what was found stays.
    if (known.size < knownMax) known.set(key, found);
    return { program: found.program, args: [...found.args, handler], environment };
  };
}

async function search(runtime: string, env: NodeJS.ProcessEnv, clientPath: string) {
  for (const program of [runtime, "python3"]) {
    const options = { env, timeout: probeMsMax };
    const found = await run(program, ["-c", probe], options).catch(() => undefined);
    // It is not there, or only a stand-in that says so.
    if (found === undefined) continue;
    const isAwsHere = found.stdout.trim() === "True";
    return { program, args: isAwsHere ? ["-m", "awslambdaric"] : [clientPath] };
  }
  return undefined;
}

function environmentFor(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  // AWS's images keep their client there, and only their own first program knows of it.
  const { LAMBDA_RUNTIME_DIR: runtimeFolder, PYTHONPATH: path } = env;
  const folders = [runtimeFolder, path].filter((folder) => folder !== undefined && folder !== "");
  return {
    ...(folders.length === 0 ? {} : { PYTHONPATH: folders.join(delimiter) }),
    // Lines arrive as they are written, and packages stay as they came: other attempts share them.
    PYTHONUNBUFFERED: "1",
    PYTHONDONTWRITEBYTECODE: "1",
  };
}
