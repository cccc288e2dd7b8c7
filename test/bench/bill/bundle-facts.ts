import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type FunctionName, functionNames } from "../../../shared/contract/env.ts";
import { quantile } from "../figures.ts";
import { startFunction } from "./function-process.ts";

/** How heavy a bundle is and how long a cold start spends on it. */
export interface BundleFacts {
  readonly name: FunctionName;
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
  /** Loaded only when needed, beside the above. */
  readonly lazyBytes: number;
  readonly initMs: number;
}

const starts = 5;

export async function bundleFacts(bundles: string): Promise<readonly BundleFacts[]> {
  const facts: BundleFacts[] = [];
  for (const name of functionNames) {
    const folder = join(bundles, name);
    const initial = await initialFiles(folder);
    const all = (await readdir(folder, { recursive: true })).filter((file) =>
      file.endsWith(".mjs"),
    );
    const contents = await Promise.all(initial.map((file) => readFile(join(folder, file))));
    const lazy = await Promise.all(
      all.filter((file) => !initial.includes(file)).map((file) => readFile(join(folder, file))),
    );
    facts.push({
      name,
      minifiedBytes: bytesOf(contents),
      gzipBytes: bytesOf(contents.map((content) => gzipSync(content))),
      lazyBytes: bytesOf(lazy),
      initMs: await initMs(bundles, name),
    });
  }
  return facts;
}

/** The entry and what it imports before it runs: static imports stand at the start of a chunk. */
async function initialFiles(folder: string): Promise<readonly string[]> {
  const reached = ["index.mjs"];
  for (const file of reached) {
    const text = await readFile(join(folder, file), "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:from|import)"(\.[^"]+\.mjs)"/g)) {
      const next = join(file, "..", specifier);
      if (!reached.includes(next)) reached.push(next);
    }
  }
  return reached;
}

async function initMs(bundles: string, name: FunctionName): Promise<number> {
  const measured: number[] = [];
  for (let start = 0; start < starts; start++) {
    const process = await startFunction(bundles, name);
    measured.push(process.init.wallMs);
    await process.stop();
  }
  return quantile(measured, 0.5);
}

function bytesOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
}
