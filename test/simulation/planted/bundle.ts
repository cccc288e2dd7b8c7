import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import { build, type Plugin } from "esbuild";
import type { simulate } from "../simulate.ts";
import type { Edit } from "./planted-bug.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const require = createRequire(import.meta.url);

/** Bundles the simulation with the given lines rewritten and loads it; nothing is written to disk. */
export async function loadSimulation(edits: readonly Edit[]): Promise<typeof simulate> {
  const used = new Set<Edit>();
  const result = await build({
    entryPoints: [join(root, "test/simulation/simulate.ts")],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "silent",
    plugins: [rewrite(edits, used)],
  });
  const missed = edits.filter((edit) => !used.has(edit));
  if (missed.length > 0) {
    throw new Error(`not part of the simulation: ${missed.map(({ file }) => file).join(", ")}`);
  }
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error("the bundler made nothing");
  const module: { exports: { simulate?: typeof simulate } } = { exports: {} };
  compileFunction(output.text, ["module", "exports", "require"])(module, module.exports, require);
  if (module.exports.simulate === undefined) throw new Error("the bundle exports no simulation");
  return module.exports.simulate;
}

function rewrite(edits: readonly Edit[], used: Set<Edit>): Plugin {
  return {
    name: "plant-bugs",
    setup({ onLoad }) {
      for (const file of new Set(edits.map((edit) => edit.file))) {
        onLoad({ filter: exactly(join(root, file)) }, () => {
          let contents = readFileSync(join(root, file), "utf8");
          for (const edit of edits.filter((each) => each.file === file)) {
            contents = rewritten(contents, edit);
            used.add(edit);
          }
          return { contents, loader: "ts" };
        });
      }
    },
  };
}

function rewritten(contents: string, { file, find, replace }: Edit): string {
  const [before, after, ...more] = contents.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${file} must hold exactly once: ${find}`);
  }
  return before + replace + after;
}

function exactly(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}
