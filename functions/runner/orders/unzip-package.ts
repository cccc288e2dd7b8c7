import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { unzipSync } from "fflate";

export interface UnzipBounds {
  readonly bytesMax: number;
  readonly filesMax: number;
}

/** A package that must not be unpacked; the sentence says why. */
export class BadPackageError extends Error {
  override readonly name = "BadPackageError";
}

interface Entry {
  readonly name: string;
  readonly bytes: number;
}

/** Unpacked in one go, before other work of this process gets its turn. */
const sliceBytes = 8 * 1024 * 1024;
const readOnly = 0o444;

/**
 * Unpacks a zip file below a folder. Names that would lead out of it, and packages beyond the
 * bounds, are refused before anything is written. Links become plain files.
 */
export async function unzipPackage(
  zip: Uint8Array,
  folder: string,
  bounds: UnzipBounds,
): Promise<void> {
  const entries = listEntries(zip, bounds);
  for (const slice of slicesOf(entries)) {
    const wanted = new Set(slice.map(({ name }) => name));
    const files = unzipSync(zip, { filter: ({ name }) => wanted.has(name) });
    for (const [name, bytes] of Object.entries(files)) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes, { mode: readOnly, flag: "wx" });
    }
    await breathe();
  }
}

function listEntries(zip: Uint8Array, { bytesMax, filesMax }: UnzipBounds): readonly Entry[] {
  const entries: Entry[] = [];
  const names = new Set<string>();
  let totalBytes = 0;
  try {
    unzipSync(zip, {
      filter: ({ name, originalSize }) => {
        refuseUnsafe(name);
        totalBytes += originalSize;
        if (totalBytes > bytesMax) {
          throw new BadPackageError(`it holds more than ${bytesMax} bytes`);
        }
        if (name.endsWith("/")) return false;
        if (names.has(name)) throw new BadPackageError(`it holds "${name}" twice`);
        names.add(name);
        entries.push({ name, bytes: originalSize });
        if (entries.length > filesMax) {
          throw new BadPackageError(`it holds more than ${filesMax} files`);
        }
        return false;
      },
    });
  } catch (error) {
    if (error instanceof BadPackageError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new BadPackageError(`it is not a zip file: ${why}`);
  }
  return entries;
}

/** Only plain relative paths: every segment is a name. */
function refuseUnsafe(name: string): void {
  const path = name.endsWith("/") ? name.slice(0, -1) : name;
  const safe =
    path.length <= 1_024 &&
    !/[\\:\0]/.test(path) &&
    path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
  if (!safe) throw new BadPackageError(`the name "${name.slice(0, 200)}" is not a plain path`);
}

function slicesOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const slices: Entry[][] = [];
  let room = 0;
  for (const entry of entries) {
    if (room < entry.bytes || slices.length === 0) {
      slices.push([]);
      room = sliceBytes;
    }
    slices.at(-1)?.push(entry);
    room -= entry.bytes;
  }
  return slices;
}
