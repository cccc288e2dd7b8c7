import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(ts|tsx|mjs|css)$/.test(file));
const read = (file: string): string => readFileSync(file, "utf8");

describe("the code keeps its own conventions", () => {
  it("has no source file over 400 lines", () => {
    const long = tracked.filter((file) => read(file).split("\n").length > 401);
    expect(long).toEqual([]);
  });

  it("reads neither clock nor randomness nor process in shared/", () => {
    const ambient =
      /Date\.now|new Date\(\)|Math\.random|process\.|setTimeout|setInterval|from "node:/;
    const impure = tracked
      .filter((file) => file.startsWith("shared/"))
      .filter((file) => ambient.test(read(file)));
    expect(impure).toEqual([]);
  });

  it("has no drawers: no folder or file named utils, helpers, common, misc, or index", () => {
    const drawer = /(^|\/)(utils?|helpers?|common|misc|lib)(\/|\.ts$)|(^|\/)index\.ts$/;
    expect(tracked.filter((file) => drawer.test(file))).toEqual([]);
  });

  it("leaves no unfinished marks and no focused tests", () => {
    const marks = new RegExp(["TO", "DO|FIX", "ME|XX", "X"].join(""));
    const focused = /\b(it|describe|test)\.(only|todo)\(/;
    const found = tracked.filter((file) => marks.test(read(file)) || focused.test(read(file)));
    expect(found).toEqual([]);
  });

  it("pins every dependency to an exact version", () => {
    const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
    const loose = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}).filter(
        ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
      ),
    );
    expect(loose).toEqual([]);
  });
});
