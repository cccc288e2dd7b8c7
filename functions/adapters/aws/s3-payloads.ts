import type { _Error, S3Client } from "@aws-sdk/client-s3";
import { payloadKey } from "../../../shared/contract/payload-keys.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import { outputIdOf } from "../../../shared/core/payload-ref.ts";
import type { Clock, Ids } from "../../../shared/ports/clock.ts";
import type { PayloadSlot, Payloads } from "../../../shared/ports/payloads.ts";
import { callAws, nameOf } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";
import { type SigningCredentials, signS3Address } from "./sign-s3-address.ts";

export interface S3PayloadsOptions {
  readonly bucket: string;
  readonly region: string;
  /** The bucket's own address, with a trailing slash. Default: that of S3 in the region. */
  readonly address?: string;
  readonly credentials: () => SigningCredentials | Promise<SigningCredentials>;
  /** Asked for only by calls to S3; addresses are made without it. */
  readonly client: () => Promise<S3Client>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly pace?: Pace;
}

/** S3 takes no longer-lived address. */
const expiresSecondsMax = 7 * 24 * 3_600;
const deletedAtOnceMax = 1_000;
/** S3 copies 250 MiB by itself within seconds; two tries still fit into one request to the API. */
const copyMsMax = 12_000;
const triesMax = 3;

/**
 * Payloads as objects of a bucket, where `payloadKey` says; keys never tell what is in them.
 * Who holds an address talks to S3, not to us. An object that is there is never written again: every
 * PUT is conditional.
 */
export function openS3Payloads(options: S3PayloadsOptions): Payloads {
  const { bucket, region, clock, ids } = options;
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const base = options.address ?? `https://${bucket}.s3.${region}.${suffix}/`;
  const sign = async (
    method: "GET" | "PUT",
    key: string,
    headers: Readonly<Record<string, string>>,
    forSeconds: number,
  ): Promise<string> => {
    const expiresSeconds = Math.min(forSeconds, expiresSecondsMax);
    const address = { method, url: base + key, region, headers, expiresSeconds };
    return signS3Address({ ...address, atMs: clock.now() }, await options.credentials());
  };
  const slot = async (
    tenant: string,
    id: string,
    more: Readonly<Record<string, string>>,
    forSeconds: number,
    length: Readonly<Record<string, string>>,
  ): Promise<PayloadSlot> => {
    const headers = { "if-none-match": "*", ...more };
    const url = await sign("PUT", payloadKey(tenant, id), { ...headers, ...length }, forSeconds);
    return { id, url, headers, expiresAtMs: clock.now() + forSeconds * 1_000 };
  };
  const uploadTo = (tenant: string, id: string, bytes: number, sha256: string | undefined) =>
    slot(
      tenant,
      id,
      // S3 refuses anything else, and says later what it has.
      sha256 === undefined ? {} : { "x-amz-checksum-sha256": base64(sha256) },
      limits.payloadUrlSeconds,
      { "content-length": String(bytes) },
    );
  return {
    newInput: (tenant, bytes, sha256) => uploadTo(tenant, `in_${ids.newToken()}`, bytes, sha256),
    newPackage: (tenant, bytes, sha256) => uploadTo(tenant, `up_${ids.newToken()}`, bytes, sha256),
    outputOf: (tenant, attemptId, forSeconds = limits.payloadUrlSeconds) =>
      slot(tenant, outputIdOf(attemptId), {}, forSeconds, {}),
    urlOf: (tenant, { id }, forSeconds = limits.payloadUrlSeconds) =>
      sign("GET", payloadKey(tenant, id), {}, forSeconds),
    ...calls(options),
  };
}

/** What needs S3 itself. */
function calls(
  options: S3PayloadsOptions,
): Pick<Payloads, "find" | "read" | "delete" | "keepPackage"> {
  const { bucket } = options;
  const call = <Answer>(action: string, target: string, run: () => Promise<Answer>) =>
    callAws(
      {
        action: `s3:${action}`,
        target,
        repeatUnclear: true,
        triesMax,
        ...(options.pace === undefined ? {} : { pace: options.pace }),
      },
      run,
    );
  return {
    async keepPackage(tenant, source) {
      const [client, { CopyObjectCommand }] = await loaded(options);
      const id = `pk_${options.ids.newToken()}`;
      const Key = payloadKey(tenant, id);
      const copy = new CopyObjectCommand({
        Bucket: bucket,
        Key,
        CopySource: `${bucket}/${payloadKey(tenant, source)}`,
        ChecksumAlgorithm: "SHA256",
      });
      // Making the same copy twice is harmless: nobody knows its name yet.
      const copied = await call("CopyObject", Key, () =>
        client.send(copy, { requestTimeout: copyMsMax }).catch(unlessMissing),
      );
      return copied === undefined ? undefined : id;
    },
    async find(tenant, id) {
      const [client, { HeadObjectCommand }] = await loaded(options);
      const Key = payloadKey(tenant, id);
      const found = await call("HeadObject", Key, () =>
        client
          .send(new HeadObjectCommand({ Bucket: bucket, Key, ChecksumMode: "ENABLED" }))
          .catch(unlessMissing),
      );
      if (found === undefined) return undefined;
      const { ContentLength: bytes = 0, ChecksumSHA256: checksum } = found;
      if (checksum === undefined) return { bytes };
      return { bytes, sha256: Buffer.from(checksum, "base64").toString("hex") };
    },
    async read(tenant, id) {
      const [client, { GetObjectCommand }] = await loaded(options);
      const Key = payloadKey(tenant, id);
      return await call("GetObject", Key, async () => {
        const found = await client
          .send(new GetObjectCommand({ Bucket: bucket, Key }))
          .catch(unlessMissing);
        return await found?.Body?.transformToByteArray();
      });
    },
    async delete(tenant, toDelete) {
      const [client, { DeleteObjectsCommand }] = await loaded(options);
      for (let from = 0; from < toDelete.length; from += deletedAtOnceMax) {
        const part = toDelete.slice(from, from + deletedAtOnceMax);
        const Objects = part.map((id) => ({ Key: payloadKey(tenant, id) }));
        const answer = await call("DeleteObjects", `${part.length} payloads`, () =>
          client.send(
            new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
          ),
        );
        const [error] = answer.Errors ?? [];
        if (error !== undefined) throw new TransientError(refusedDelete(error));
      }
    },
  };
}

/** The client's code is loaded with its first use: signing addresses needs none of it. */
async function loaded({ client }: S3PayloadsOptions) {
  return await Promise.all([client(), import("@aws-sdk/client-s3")]);
}

function unlessMissing(error: unknown): undefined {
  // HEAD answers have no body, so S3 gives the reason only as a status, which the SDK calls NotFound.
  const name = nameOf(error);
  if (name !== "NotFound" && name !== "NoSuchKey") throw error;
}

function refusedDelete({ Key, Code, Message }: _Error): string {
  return `s3:DeleteObjects left ${Key}: ${Code}: ${Message}`;
}

function base64(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64");
}
