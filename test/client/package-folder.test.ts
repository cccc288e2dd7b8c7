import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packageFolder } from "../../client/cli/package-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-package-"));
});
afterEach(() => rm(folder, { recursive: true }));
const write = async (name: string, text: string): Promise<void> => {
  await mkdir(join(folder, name, ".."), { recursive: true });
  await writeFile(join(folder, name), text);
};
const names = async () => Object.keys(unzipSync(await packageFolder(folder)));

describe("a folder as a package", () => {
  it("is the same bytes whenever it is packed and in whatever order it was written", async () => {
    await write("index.mjs", "export const handler = () => 1;");
    await write("lib/a.mjs", "a");
    const first = await packageFolder(folder);
    await rm(join(folder, "index.mjs"));
    await write("index.mjs", "export const handler = () => 1;");
    await utimes(join(folder, "lib/a.mjs"), 1_000, 1_000);
    expect(await packageFolder(folder)).toEqual(first);
    await write("lib/a.mjs", "b");
    expect(await packageFolder(folder)).not.toEqual(first);
  });

  it("changes with the right to execute a file", async () => {
    await write("run.sh", "#!/bin/sh");
    const plain = await packageFolder(folder);
    await chmod(join(folder, "run.sh"), 0o755);
    expect(await packageFolder(folder)).not.toEqual(plain);
  });

  it("leaves out history and caches, and nothing else", async () => {
    for (const name of [
      "index.mjs",
      ".git/HEAD",
      "node_modules/.cache/x",
      "node_modules/left-pad/index.js",
      "sub/.DS_Store",
      ".env",
    ]) {
      await write(name, "x");
    }
    expect((await names()).sort()).toEqual([".env", "index.mjs", "node_modules/left-pad/index.js"]);
  });

  it("takes a link for the file that it leads to, inside the folder only", async () => {
    await write("a.mjs", "a");
    await symlink("a.mjs", join(folder, "b.mjs"));
    expect((await names()).sort()).toEqual(["a.mjs", "b.mjs"]);
    await symlink("/etc/hostname", join(folder, "c.mjs"));
    await expect(packageFolder(folder)).rejects.toThrow("c.mjs is a link to /etc/hostname");
  });

  it("says when there is nothing to pack", async () => {
    await expect(packageFolder(folder)).rejects.toThrow("holds no file");
  });
});
