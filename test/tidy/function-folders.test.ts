import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { functionNames, optionalFunctionNames } from "../../shared/contract/env.ts";

const deployed: ReadonlySet<string> = new Set([...functionNames, ...optionalFunctionNames]);
/** Composes all functions into one process, so it may import each of them; nobody imports it. */
const host = "local";

const folders = readdirSync("functions", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const sources = readdirSync("functions", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => join("functions", file));

/** The folders of functions/ that a file imports from. */
function importedFolders(file: string, text: string): readonly string[] {
  const specifiers = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]+)"/g);
  return [...specifiers].flatMap(([, specifier = ""]) => {
    const [top, folder] = normalize(join(dirname(file), specifier)).split("/");
    return top === "functions" && folder !== undefined && !folder.endsWith(".ts") ? [folder] : [];
  });
}

/** What a file of functions/ imports although it must not. */
function faultsOf(file: string, text: string): readonly string[] {
  const own = file.split("/")[1];
  return importedFolders(file, text)
    .filter((folder) => folder !== own)
    .filter((folder) => folder === host || (deployed.has(folder) && own !== host))
    .map((folder) => `${file} imports ${folder}`);
}

describe("the folders of functions/", () => {
  it("that are deployed are imported by none but themselves and the host of one machine", () => {
    expect(sources.flatMap((file) => faultsOf(file, readFileSync(file, "utf8")))).toEqual([]);
  });

  it.each([
    ["functions/api/a.ts", 'import { b } from "../dispatch/b.ts";', "dispatch"],
    ["functions/pools/a.ts", 'export { b } from "../complete/b.ts";', "complete"],
    ["functions/runtime/lambda/a.ts", 'await import("../../watch/b.ts");', "watch"],
    ["functions/submission/gather/a.ts", 'import {\n  b,\n} from "../../api/c/b.ts";', "api"],
    ["functions/adapters/local/a.ts", 'import "../../local/b.ts";', "local"],
  ])("would be noticed if %s imported another's", (file, text, folder) => {
    expect(faultsOf(file, text)).toEqual([`${file} imports ${folder}`]);
  });

  it.each([
    ["functions/api/wire/a.ts", 'import { b } from "../deps.ts";'],
    ["functions/api/a.ts", 'import { b } from "../submission/b.ts";'],
    ["functions/local/a.ts", 'import { b } from "../watch/b.ts";'],
    ["functions/adapters/aws/a.ts", 'import { b } from "../../../shared/core/json.ts";'],
  ])("let %s import what is its own, of use to several, or pure", (file, text) => {
    expect(faultsOf(file, text)).toEqual([]);
  });

  it("are each explained in their README, and no other is", () => {
    const table = readFileSync("functions/README.md", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) => line.split("|")[1] ?? "");
    const explained = table.flatMap((cell) => cell.match(/[a-z][a-z-]*(?=\/)/g) ?? []);
    expect(explained.toSorted()).toEqual(folders.toSorted());
  });

  it("hold a handler where they are deployed, and nowhere else", () => {
    const handlers = sources.filter((file) => file.endsWith("/handler.ts"));
    const expected = [...deployed].map((name) => `functions/${name}/handler.ts`);
    expect(handlers.toSorted()).toEqual(expected.toSorted());
  });
});
