import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BuildOptions, build, type Metafile, type OutputFile } from "esbuild";
import type { BundleTarget } from "./targets.ts";

/** A finished bundle: which files it is made of and what is inside them. */
export interface BundleResult {
  readonly target: BundleTarget;
  readonly metafile: Metafile;
  /** Absolute paths of every file written. */
  readonly files: readonly string[];
}

// esbuild leaves this sentence in its stand-in for `require` when a CommonJS package asks for a
// module that is not bundled (a Node builtin); in ESM the stand-in works only with a real require.
const requireStandIn = "Dynamic require of";

const requireBanner =
  'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);';

/** Bundles one target and writes it below `dist`. */
export async function bundle(
  root: string,
  dist: string,
  target: BundleTarget,
): Promise<BundleResult> {
  const options = optionsOf(root, dist, target);
  let result = await build(options);
  if (result.outputFiles.some((file) => isCode(file) && file.text.includes(requireStandIn))) {
    result = await build({ ...options, banner: { js: requireBanner } });
  }
  const files = result.outputFiles.map((file) => file.path);
  await writeFiles(result.outputFiles);
  await removeOthers(join(dist, target.outFolder, chunkFolder(target)), files);
  return { target, metafile: result.metafile, files };
}

function optionsOf(root: string, dist: string, target: BundleTarget) {
  return {
    absWorkingDir: root,
    entryPoints: { [target.outName]: target.entry },
    outdir: join(dist, target.outFolder),
    outExtension: { ".js": ".mjs" },
    // Clients behind import() become files of their own: a cold start reads only what it uses.
    chunkNames: `${chunkFolder(target)}/[name]-[hash]`,
    splitting: true,
    bundle: true,
    format: "esm",
    platform: "node",
    // One bundle runs on the Node of developers' machines and on Lambda's newer one.
    target: "node20",
    // The SDK's ESM builds shake to 60 % of the size of its CommonJS builds.
    mainFields: ["module", "main"],
    minify: target.minify,
    // Separate and not referred to: people map stack traces, the runtime does not pay for it.
    sourcemap: target.group === "lambda" ? "external" : "linked",
    legalComments: "none",
    external: [...target.external],
    logLevel: "silent",
    metafile: true,
    write: false,
  } as const satisfies BuildOptions;
}

function chunkFolder(target: BundleTarget): string {
  return `chunks/${target.outName}`;
}

function isCode(file: OutputFile): boolean {
  return file.path.endsWith(".mjs");
}

async function writeFiles(files: readonly OutputFile[]): Promise<void> {
  const folders = new Set(files.map((file) => dirname(file.path)));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  await Promise.all(files.map((file) => writeFile(file.path, file.contents)));
}

// Chunks carry a hash in their name, so those of earlier builds would pile up and be deployed.
async function removeOthers(folder: string, keep: readonly string[]): Promise<void> {
  if (!existsSync(folder)) return;
  const stale = (await readdir(folder)).map((name) => join(folder, name));
  await Promise.all(stale.filter((file) => !keep.includes(file)).map((file) => rm(file)));
}
