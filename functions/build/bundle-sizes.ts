import { basename } from "node:path";
import type { BundleResult } from "./bundle.ts";

/** What one bundle weighs: kept in dist/meta.json so that growth is seen in review. */
export interface BundleSize {
  readonly entry: string;
  /** Code read when the module loads: the entry and what it imports statically. */
  readonly initialBytes: number;
  /** Code read only when an `import()` is reached. */
  readonly lazyBytes: number;
  /** Bytes that each package contributes; "." is our own code. Largest first. */
  readonly packages: Readonly<Record<string, number>>;
}

type Outputs = BundleResult["metafile"]["outputs"];

export function sizeOf(result: BundleResult): BundleSize {
  const { target, metafile } = result;
  const code = Object.entries(metafile.outputs).filter(([path]) => path.endsWith(".mjs"));
  const start = code.find(([path]) => basename(path) === `${target.outName}.mjs`)?.[0];
  if (start === undefined)
    throw new Error(`${target.name}: esbuild wrote no ${target.outName}.mjs`);
  const initial = reachedStatically(metafile.outputs, start);
  const bytes = (wanted: boolean): number =>
    code
      .filter(([path]) => initial.has(path) === wanted)
      .reduce((sum, [, output]) => sum + output.bytes, 0);
  return {
    entry: target.entry,
    initialBytes: bytes(true),
    lazyBytes: bytes(false),
    packages: bytesByPackage(metafile.outputs),
  };
}

function reachedStatically(outputs: Outputs, start: string): ReadonlySet<string> {
  const reached = new Set([start]);
  for (const path of reached) {
    for (const imported of outputs[path]?.imports ?? []) {
      if (imported.kind === "import-statement" && imported.path in outputs) {
        reached.add(imported.path);
      }
    }
  }
  return reached;
}

function bytesByPackage(outputs: Outputs): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const output of Object.values(outputs)) {
    for (const [path, input] of Object.entries(output.inputs)) {
      const name = packageOf(path);
      sums.set(name, (sums.get(name) ?? 0) + input.bytesInOutput);
    }
  }
  return Object.fromEntries([...sums].sort((a, b) => b[1] - a[1]));
}

function packageOf(path: string): string {
  const inside = path.split("node_modules/").at(-1);
  if (inside === undefined || inside === path) return ".";
  const [scope, name] = inside.split("/");
  return scope?.startsWith("@") ? `${scope}/${name}` : (scope ?? ".");
}
