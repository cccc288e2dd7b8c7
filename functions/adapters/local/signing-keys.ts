import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { TerminalError } from "../../../shared/core/errors.ts";
import type { SigningKeys } from "../../../shared/ports/signing-keys.ts";
import { deriveSigningKey, masterKeyBytes } from "../../runtime/derive-signing-key.ts";

/** Keys that end with the process. */
export function openMemorySigningKeys(): SigningKeys {
  const master = randomBytes(masterKeyBytes);
  return { keyOf: async (name) => deriveSigningKey(master, name) };
}

/** Keys that follow from a file, which only its owner may read; it is made when it is first needed. */
export function openFileSigningKeys(directory: string): SigningKeys {
  const file = join(directory, "signing.key");
  let master: Promise<Uint8Array> | undefined;
  return {
    async keyOf(name) {
      master ??= readOrMake(file);
      try {
        return deriveSigningKey(await master, name);
      } catch (error) {
        // The file may be readable by the next time.
        master = undefined;
        throw error;
      }
    },
  };
}

async function readOrMake(file: string): Promise<Uint8Array> {
  const present = await readIfThere(file);
  if (present !== undefined) return checked(file, present);
  // Whole or not at all: a file that a crash left half written would be a key for ever.
  const draft = `${file}.${process.pid}`;
  await rm(draft, { force: true });
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(randomBytes(masterKeyBytes));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  return checked(file, await readFile(file));
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw new TerminalError(`the key file ${file} cannot be read`, { cause: error });
  }
}

function checked(file: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length === masterKeyBytes) return bytes;
  throw new TerminalError(
    `the key file ${file} does not hold ${masterKeyBytes} bytes: restore it, or delete it and give every receiver its new secret`,
  );
}
