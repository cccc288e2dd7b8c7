import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { PackageOrder, WorkOrder } from "../../../../shared/contract/http/work.ts";
import { type AttemptEnd, failedEnd } from "../attempt-end.ts";
import type { PackageCache } from "../package-cache.ts";
import type { FindPython } from "./python-program.ts";
import { type RuntimeApiOptions, runtimeApiRun } from "./runtime-api-run.ts";

export interface PythonOptions extends RuntimeApiOptions {
  readonly packages: PackageCache;
  readonly findPython: FindPython;
}

/** Runs a function of a Python package, where there is a Python. */
export async function runPythonPackage(
  order: WorkOrder,
  code: PackageOrder,
  { packages, findPython, ...options }: PythonOptions,
): Promise<AttemptEnd> {
  const { runtime: version, handler, environment } = code;
  const runtime = await findPython(code);
  if (runtime === undefined) {
    const message = `a ${version} package cannot run here: neither ${version} nor python3 can be started`;
    return failedEnd("missing_function", message);
  }
  const unpacked = await packages.unpack(code);
  if (unpacked.outcome === "failed") return { outcome: "failed", error: unpacked.error };
  const { folder } = unpacked;
  const module = handler.slice(0, handler.lastIndexOf(".")).replaceAll(".", "/");
  const files = [`${module}.py`, `${module}/__init__.py`];
  const found = await Promise.all(files.map((file) => exists(join(folder, file))));
  if (!found.includes(true)) {
    const message = `the package has no ${files.join(" or ")} for its handler "${handler}"`;
    return failedEnd("missing_function", message);
  }
  return await runtimeApiRun(order, { folder, handler, environment, runtime }, options);
}

async function exists(path: string): Promise<boolean> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  return facts !== undefined;
}
