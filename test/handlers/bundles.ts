import { cp, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { buildGroups } from "../../functions/build/build.ts";
import { functionNames } from "../../shared/contract/env.ts";

const root = resolve(import.meta.dirname, "../..");

/**
 * Puts the bundles that are deployed into a folder that vitest does not transform: those of
 * `npm run build` when no source is newer, otherwise new ones.
 */
export async function bundlesIn(folder: string): Promise<string> {
  // Vitest runs as it is whatever lies below a folder of this name.
  const dist = join(folder, "node_modules");
  const built = join(root, "dist/lambda");
  if (await isFresh(built)) await cp(built, join(dist, "lambda"), { recursive: true });
  else await buildGroups(root, dist, ["lambda"]);
  return join(dist, "lambda");
}

async function isFresh(built: string): Promise<boolean> {
  const bundles = await Promise.all(
    functionNames.map((name) => changedAtMs(join(built, name, "index.mjs"))),
  );
  const sources = await Promise.all([
    newestIn(join(root, "functions")),
    newestIn(join(root, "shared")),
    changedAtMs(join(root, "package-lock.json")),
  ]);
  return Math.min(...bundles) > Math.max(...sources);
}

async function newestIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const times = await Promise.all(files.map((file) => changedAtMs(join(file.path, file.name))));
  return Math.max(0, ...times);
}

/** Zero for what is not there. */
async function changedAtMs(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return 0;
  }
}
