import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundle } from "./bundle.ts";
import { type BundleSize, sizeOf } from "./bundle-sizes.ts";
import { type BundleGroup, type BundleTarget, bundleGroups, bundleTargets } from "./targets.ts";

/** Builds the named groups into `dist` and answers with the size of each bundle. */
export async function buildGroups(
  root: string,
  dist: string,
  groups: readonly BundleGroup[],
): Promise<Readonly<Record<string, BundleSize>>> {
  const targets = bundleTargets(root, groups);
  refuseMissing(root, targets);
  const results = await Promise.all(targets.map((target) => bundle(root, dist, target)));
  if (groups.includes("runner")) await copyImageFiles(root, dist);
  for (const group of ["runner", "local"] as const) {
    if (groups.includes(group)) await copyRuntimeClients(root, join(dist, group));
  }
  const sizes = Object.fromEntries(results.map((result) => [result.target.name, sizeOf(result)]));
  await mergeSizes(join(dist, "meta.json"), sizes);
  return sizes;
}

function refuseMissing(root: string, targets: readonly BundleTarget[]): void {
  const missing = targets.filter((target) => !existsSync(join(root, target.entry)));
  if (missing.length === 0) return;
  const list = missing.map((target) => `  ${target.entry} (for ${target.name})`).join("\n");
  throw new Error(`These entry files do not exist, so nothing was built:\n${list}`);
}

/** What an image is made of lies beside its bundles, so that their folder is all that is needed. */
async function copyImageFiles(root: string, dist: string): Promise<void> {
  await cp(join(root, "functions/runner/container"), join(dist, "runner"), { recursive: true });
}

/** Clients of runtimes other than Node are no bundles: the runner finds them beside itself. */
async function copyRuntimeClients(root: string, folder: string): Promise<void> {
  await cp(join(root, "functions/runner/runtimes"), folder, { recursive: true });
}

// A build of one group keeps what is known of the others.
async function mergeSizes(
  file: string,
  sizes: Readonly<Record<string, BundleSize>>,
): Promise<void> {
  const before: object = existsSync(file) ? JSON.parse(await readFile(file, "utf8")) : {};
  await mkdir(resolve(file, ".."), { recursive: true });
  await writeFile(file, `${JSON.stringify({ ...before, ...sizes }, null, 2)}\n`);
}

function groupsWanted(argument: string | undefined): readonly BundleGroup[] {
  if (argument === undefined) return bundleGroups;
  return argument.split(",").map((name) => {
    const group = bundleGroups.find((known) => known === name);
    if (group === undefined) {
      throw new Error(
        `--only ${name}: there is no such group; groups are ${bundleGroups.join(", ")}`,
      );
    }
    return group;
  });
}

function report(sizes: Readonly<Record<string, BundleSize>>, durationMs: number): string {
  const lines = Object.entries(sizes).map(([name, size]) => {
    const lazy = size.lazyBytes === 0 ? "" : `  + ${kilobytes(size.lazyBytes)} lazily`;
    return `${name.padEnd(34)} ${kilobytes(size.initialBytes).padStart(9)}${lazy}`;
  });
  return `${lines.join("\n")}\n${lines.length} bundles in ${Math.round(durationMs)} ms\n`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const root = resolve(fileURLToPath(import.meta.url), "../../..");
  const startedAt = performance.now();
  const sizes = await buildGroups(root, join(root, "dist"), groupsWanted(values.only));
  process.stdout.write(report(sizes, performance.now() - startedAt));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    process.stderr.write(`Build failed. ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  });
}
