import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { tableAccess } from "../../infra/constructs/lambda/table-access.ts";
import {
  type AnyFunctionName,
  functionNames,
  optionalFunctionNames,
} from "../../shared/contract/env.ts";
import { repository } from "./repository.ts";

/** How the code of a use case shows which action of the table it needs. */
const signs: Readonly<Record<string, RegExp>> = {
  GetItem: /store\s*\.get\(|definitionOf\(|definitions\s*\.(head|version)\(/,
  BatchGetItem: /store\s*\.getMany\(/,
  PutItem: /kind: "put"/,
  UpdateItem: /kind: "add"/,
  DeleteItem: /kind: "delete"/,
  ConditionCheckItem: /kind: "check"/,
};

/** All code of our own that a function consists of, below the ports. */
async function codeOf(name: AnyFunctionName): Promise<string> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: [`functions/${name}/handler.ts`],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outdir: "unwritten",
    logLevel: "silent",
  });
  return (
    Object.keys(metafile.inputs)
      .filter((path) => path.startsWith("functions/") && !path.startsWith("functions/adapters/"))
      // Opened by every function; whether it is used shows where it is called.
      .filter((path) => path !== "functions/runtime/definitions.ts")
      .map((path) => readFileSync(join(repository, path), "utf8"))
      .join("\n")
  );
}

// The rights are written down apart from the code that needs them, and a right that is missing
// shows only on AWS; so the two are compared here.
describe.each([...functionNames, ...optionalFunctionNames])(
  "what %s may do with the table",
  (name) => {
    const { reads, writes, queries } = tableAccess[name];

    it("is what its code does with it", async () => {
      const code = await codeOf(name);
      const needed = Object.keys(signs).filter((action) => signs[action]?.test(code));
      expect([...reads, ...Object.keys(writes)].sort()).toEqual(needed.sort());
    });

    it("is to query the indexes that its code queries", async () => {
      const code = await codeOf(name);
      const queried = new Set([...code.matchAll(/index: "(\w+)"/g)].map(([, index]) => index));
      expect([...queries].sort()).toEqual([...queried].sort());
    });
  },
);
