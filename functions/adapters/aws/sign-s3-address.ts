import { createHash, createHmac } from "node:crypto";

/** Who signs, as the SDK's credential providers say it. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Address {
  readonly method: "GET" | "PUT";
  /** The bucket's address with a trailing slash, then the key: nothing that needs escaping. */
  readonly url: string;
  readonly region: string;
  /** Headers that the request must carry as they stand, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresSeconds: number;
  readonly atMs: number;
}

/**
 * An address of S3 that carries its own signature (AWS Signature Version 4 in the query). The SDK
 * does the same, but takes ten times as long and needs its client loaded, at every cold start of a
 * function that mostly makes addresses nobody uses (docs/decisions/0011-claim-check.md).
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function signS3Address(address: S3Address, credentials: SigningCredentials): string {
  const url = new URL(address.url);
  const time = new Date(address.atMs).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const scope = `${day}/${address.region}/s3/aws4_request`;
  const headers = Object.entries({ ...address.headers, host: url.host }).sort(byName);
  const signedHeaders = headers.map(([name]) => name).join(";");
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const query = Object.entries({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
    "X-Amz-Credential": `${accessKeyId}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(address.expiresSeconds),
    ...(sessionToken === undefined ? {} : { "X-Amz-Security-Token": sessionToken }),
    "X-Amz-SignedHeaders": signedHeaders,
  })
    .sort(byName)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  const canonical = [
    address.method,
    url.pathname,
    query,
    ...headers.map(([name, value]) => `${name}:${value}`),
    "",
    signedHeaders,
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const digest = createHash("sha256").update(canonical).digest("hex");
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`;
  const key = signingKey(secretAccessKey, day, address.region);
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  return `${url.origin}${url.pathname}?${query}&X-Amz-Signature=${signature}`;
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1;
}

function signingKey(secret: string, day: string, region: string): Buffer {
  return [day, region, "s3", "aws4_request"].reduce<Buffer>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
}
