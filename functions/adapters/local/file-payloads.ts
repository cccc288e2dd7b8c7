import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Rejection } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import { isPackageUpload, outputIdOf } from "../../../shared/core/payload-ref.ts";
import type { Clock, Ids } from "../../../shared/ports/clock.ts";
import type { Payloads } from "../../../shared/ports/payloads.ts";
import { openFileShelf } from "./payloads/file-shelf.ts";
import {
  type OpenedPayload,
  openMemoryShelf,
  type PayloadShelf,
  type PutOutcome,
} from "./payloads/payload-shelf.ts";
import { grantOf, type PayloadGrant, signedAddress } from "./payloads/signed-address.ts";

export interface LocalPayloadsOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  /** Where this machine's server is reached. */
  readonly server: () => Promise<string>;
}

/** Payloads of this machine, reached by signed addresses of its own server. */
export interface LocalPayloads extends Payloads {
  /** Takes what is sent to an address, if that was signed for it. */
  put(address: URL, body: AsyncIterable<Uint8Array>): Promise<PutOutcome | Rejection>;
  /** Opens what an address is signed for. */
  get(address: URL): Promise<OpenedPayload | Rejection>;
  /** Moves the end of a payload's keeping time; packages of versions have none. */
  keepUntil(tenant: string, id: string, untilMs: number): Promise<void>;
  /** Deletes what need not be kept any more; answers how many. */
  sweep(): Promise<number>;
}

/** Payloads in a folder; addresses stay valid when the host is started again. */
export async function openFilePayloads(
  options: LocalPayloadsOptions & { readonly directory: string },
): Promise<LocalPayloads> {
  const { directory, clock } = options;
  const shelf = await openFileShelf(directory, keepMsOf, () => clock.now());
  return openPayloads(options, shelf, await secretIn(directory));
}

/** Payloads in memory, gone when the host ends. */
export function openMemoryPayloads(options: LocalPayloadsOptions): LocalPayloads {
  const { clock } = options;
  const shelf = openMemoryShelf(keepMsOf, () => clock.now());
  return openPayloads(options, shelf, randomBytes(secretBytes));
}

/** How long an upload is kept of which nothing more is heard. */
function keepMsOf(id: string): number {
  return isPackageUpload(id) ? limits.packageUploadKeepMs : limits.payloadKeepMs;
}

const putHeaders = { "if-none-match": "*" } as const;

function openPayloads(
  { clock, ids, server }: LocalPayloadsOptions,
  shelf: PayloadShelf,
  secret: Uint8Array,
): LocalPayloads {
  const slot = async (
    tenant: string,
    id: string,
    forSeconds: number,
    exactly: Pick<PayloadGrant, "bytes" | "sha256">,
  ) => {
    const expiresAtMs = clock.now() + forSeconds * 1_000;
    const grant: PayloadGrant = { method: "PUT", tenant, id, expiresAtMs, ...exactly };
    const url = signedAddress(await server(), secret, grant);
    return { id, url, headers: putHeaders, expiresAtMs };
  };
  const uploadTo = (tenant: string, id: string, bytes: number, sha256: string | undefined) =>
    slot(tenant, id, limits.payloadUrlSeconds, {
      bytes,
      ...(sha256 === undefined ? {} : { sha256 }),
    });
  return {
    newInput: (tenant, bytes, sha256) => uploadTo(tenant, `in_${ids.newToken()}`, bytes, sha256),
    newPackage: (tenant, bytes, sha256) => uploadTo(tenant, `up_${ids.newToken()}`, bytes, sha256),
    async keepPackage(tenant, source) {
      const id = `pk_${ids.newToken()}`;
      return (await shelf.keepAs(tenant, source, id)) ? id : undefined;
    },
    outputOf: (tenant, attemptId, forSeconds = limits.payloadUrlSeconds) =>
      slot(tenant, outputIdOf(attemptId), forSeconds, {}),
    find: (tenant, id) => shelf.find(tenant, id),
    async urlOf(tenant, { id }, forSeconds = limits.payloadUrlSeconds) {
      const expiresAtMs = clock.now() + forSeconds * 1_000;
      const grant: PayloadGrant = { method: "GET", tenant, id, expiresAtMs };
      return signedAddress(await server(), secret, grant);
    },
    read: (tenant, id) => shelf.read(tenant, id),
    delete: (tenant, toDelete) => shelf.delete(tenant, toDelete),
    async put(address, body) {
      const grant = grantOf(address, "PUT", secret);
      if (grant === undefined) return notSigned;
      if (grant.expiresAtMs <= clock.now()) return expired;
      const { tenant, id, bytes, sha256 } = grant;
      return await shelf.put(tenant, id, body, {
        bytesMax: limits.payloadBytesMax,
        ...(bytes === undefined ? {} : { bytes }),
        ...(sha256 === undefined ? {} : { sha256 }),
      });
    },
    async get(address) {
      const grant = grantOf(address, "GET", secret);
      if (grant === undefined) return notSigned;
      if (grant.expiresAtMs <= clock.now()) return expired;
      const found = await shelf.open(grant.tenant, grant.id);
      return found ?? { code: "payload_not_found", detail: "this payload is not there any more" };
    },
    keepUntil: (tenant, id, untilMs) => shelf.keepUntil(tenant, id, untilMs),
    sweep: () => shelf.sweep(clock.now()),
  };
}

const notSigned: Rejection = {
  code: "forbidden",
  detail: "this address was not signed by this server, or was changed since",
  suggestion: "use an address exactly as it was given, with the method it was given for",
};
const expired: Rejection = {
  code: "forbidden",
  detail: "this address has expired",
  suggestion: "ask for a new one",
};

const secretBytes = 32;

/** Made once; it appears whole or not at all, and only its owner can read it. */
async function secretIn(directory: string): Promise<Uint8Array> {
  const file = join(directory, "secret");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const present = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (present?.length === secretBytes) return present;
  const secret = randomBytes(secretBytes);
  const aside = `${file}.new`;
  await writeFile(aside, secret, { mode: 0o600, flush: true });
  await rename(aside, file);
  return secret;
}
