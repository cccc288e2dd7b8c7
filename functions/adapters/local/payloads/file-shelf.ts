import { randomBytes } from "node:crypto";
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
} from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { assert } from "../../../../shared/core/errors.ts";
import { isPackageId, isPayloadId } from "../../../../shared/core/payload-ref.ts";
import { Name } from "../../../../shared/core/texts.ts";
import { type PayloadShelf, type PutBounds, PutCheck, type PutOutcome } from "./payload-shelf.ts";

/** A file ends with the digest of what stands before it: the two are there together or not at all. */
const digestBytes = 32;
const unfinishedSuffix = ".part";
const unfinishedKeepMs = 24 * 60 * 60 * 1_000;

/**
 * Keeps each payload in a file of its own. It is written aside, flushed, and only then gets its name,
 * by a link that fails where there is one already: half a payload is never seen, nor a changed one.
 * The file's time of change is the instant until which it is kept; a version's package stays.
 */
export async function openFileShelf(
  directory: string,
  keepMsOf: (id: string) => number,
  now: () => number,
): Promise<PayloadShelf> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const folderOf = (tenant: string): string => {
    assert(Name.safeParse(tenant).success, "a tenant's name is not one");
    return join(directory, tenant);
  };
  const fileOf = (tenant: string, id: string): string => {
    assert(isPayloadId(id), "a payload's id is not one");
    return join(folderOf(tenant), id);
  };
  return {
    async put(tenant, id, body, bounds) {
      const folder = folderOf(tenant);
      const file = fileOf(tenant, id);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const aside = `${file}.${randomBytes(8).toString("hex")}${unfinishedSuffix}`;
      try {
        const outcome = await writeAside(aside, body, bounds);
        if (outcome !== "stored") return outcome;
        const untilSeconds = (now() + keepMsOf(id)) / 1_000;
        await utimes(aside, untilSeconds, untilSeconds);
        await link(aside, file);
        await flushFolder(folder);
        return "stored";
      } catch (error) {
        if (codeOf(error) === "EEXIST") return "present";
        throw error;
      } finally {
        await rm(aside, { force: true });
      }
    },
    async find(tenant, id) {
      return await withFile(fileOf(tenant, id), async (handle) => {
        const bytes = await payloadBytes(handle);
        const digest = Buffer.alloc(digestBytes);
        await handle.read(digest, 0, digestBytes, bytes);
        return { bytes, sha256: digest.toString("hex") };
      });
    },
    async open(tenant, id) {
      const handle = await opened(fileOf(tenant, id));
      if (handle === undefined) return undefined;
      const bytes = await payloadBytes(handle);
      const stream = handle.createReadStream({ start: 0, end: Math.max(0, bytes - 1) });
      return { bytes, body: Readable.toWeb(stream) as ReadableStream<Uint8Array> };
    },
    async read(tenant, id) {
      const whole = await readFile(fileOf(tenant, id)).catch(unlessMissing);
      return whole?.subarray(0, whole.length - digestBytes);
    },
    async keepAs(tenant, id, other) {
      try {
        await link(fileOf(tenant, id), fileOf(tenant, other));
      } catch (error) {
        unlessMissing(error);
        return false;
      }
      await flushFolder(folderOf(tenant));
      return true;
    },
    async keepUntil(tenant, id, untilMs) {
      await utimes(fileOf(tenant, id), untilMs / 1_000, untilMs / 1_000).catch(unlessMissing);
    },
    async delete(tenant, ids) {
      for (const id of ids) await rm(fileOf(tenant, id), { force: true });
    },
    sweep: (nowMs) => sweep(directory, nowMs),
  };
}

async function writeAside(
  file: string,
  body: AsyncIterable<Uint8Array>,
  bounds: PutBounds,
): Promise<PutOutcome> {
  const check = new PutCheck(bounds);
  const handle = await open(file, "wx", 0o600);
  try {
    for await (const part of body) {
      if (!check.takes(part)) return "too_large";
      await handle.writeFile(part);
    }
    const { outcome, digest } = check.end();
    if (outcome !== "stored") return outcome;
    await handle.writeFile(digest);
    await handle.sync();
    return "stored";
  } finally {
    await handle.close();
  }
}

/** Files of uploads that broke off are kept for a day, since one may be under way. */
async function sweep(directory: string, nowMs: number): Promise<number> {
  let deleted = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const unfinished = entry.name.endsWith(unfinishedSuffix);
    if (!unfinished && (!isPayloadId(entry.name) || isPackageId(entry.name))) continue;
    const file = join(entry.parentPath, entry.name);
    const facts = await stat(file).catch(unlessMissing);
    if (facts === undefined) continue;
    const keptUntilMs = facts.mtimeMs + (unfinished ? unfinishedKeepMs : 0);
    if (keptUntilMs > nowMs) continue;
    await rm(file, { force: true });
    deleted += 1;
  }
  return deleted;
}

async function payloadBytes(handle: FileHandle): Promise<number> {
  return (await handle.stat()).size - digestBytes;
}

async function withFile<Value>(
  file: string,
  use: (handle: FileHandle) => Promise<Value>,
): Promise<Value | undefined> {
  const handle = await opened(file);
  if (handle === undefined) return undefined;
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

async function opened(file: string): Promise<FileHandle | undefined> {
  return await open(file, "r").catch(unlessMissing);
}

function unlessMissing(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}

/** The name in its folder must survive a crash as well as the file does. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
