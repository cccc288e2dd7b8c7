import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type Zippable, zipSync } from "fflate";
import { limits } from "../../shared/core/limits.ts";
import { UsageError } from "./usage-error.ts";

/** Never part of a package: the history of the code, caches, and what systems leave in folders. */
const leftOut = [/^\.git$/, /(^|\/)node_modules\/\.cache$/, /(^|\/)\.DS_Store$/];
/** The first instant that a zip file can name, in local time as zip files have it. */
const anyTime = new Date(1980, 0, 1);
const unix = 3;
const plainMode = 0o100644;
const executableMode = 0o100755;

interface PackagedFile {
  readonly name: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}

/**
 * A folder as a zip file. The same content always makes the same bytes, whenever and wherever it is
 * packed: files in the order of their names, one time for all, nothing of the machine.
 */
export async function packageFolder(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const root = await realpath(folder);
  const names = (await namesBelow(root, "")).sort();
  if (names.length === 0) throw new UsageError(`${folder} holds no file to deploy`);
  if (names.length > limits.packageFilesMax) {
    throw new UsageError(
      `${folder} holds ${names.length} files, a package at most ${limits.packageFilesMax}`,
      "bundle the code, or leave development dependencies out (npm ci --omit=dev)",
    );
  }
  const files: PackagedFile[] = [];
  let bytes = 0;
  for (const name of names) {
    const file = await readPackaged(root, name);
    bytes += file.content.byteLength;
    files.push(file);
    if (bytes > limits.packageUnpackedBytesMax) throw tooLarge(folder, files);
  }
  const entries: Zippable = {};
  for (const { name, content, executable } of files) {
    const mode = executable ? executableMode : plainMode;
    entries[name] = [content, { mtime: anyTime, os: unix, attrs: mode << 16, level: 9 }];
  }
  return zipSync(entries);
}

async function namesBelow(root: string, below: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (leftOut.some((pattern) => pattern.test(name))) continue;
    if (entry.isDirectory()) names.push(...(await namesBelow(root, name)));
    else names.push(name);
  }
  return names;
}

/** A link counts as the file that it leads to, as long as that is part of the package, too. */
async function readPackaged(root: string, name: string): Promise<PackagedFile> {
  const path = await realpath(join(root, name));
  const inside = !relative(root, path).startsWith(`..${sep}`) && relative(root, path) !== "..";
  if (!inside) throw new UsageError(`${name} is a link to ${path}, which is not in the folder`);
  const facts = await stat(path);
  if (!facts.isFile()) {
    throw new UsageError(`${name} is a link to a folder, or no file at all`, "copy it instead");
  }
  const executable = (facts.mode & 0o100) !== 0;
  return { name, content: await readFile(path), executable };
}

function tooLarge(folder: string, files: readonly PackagedFile[]): UsageError {
  const largest = [...files]
    .sort((one, other) => other.content.byteLength - one.content.byteLength)
    .slice(0, 3)
    .map(({ name, content }) => `${name} (${megabytes(content.byteLength)})`);
  return new UsageError(
    `${folder} holds more than ${megabytes(limits.packageUnpackedBytesMax)}, which is all that a function may have; the largest files so far: ${largest.join(", ")}`,
    "bundle the code, or read large data from a bucket at run time",
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
