import type { RequestSigner } from "./request-sender.ts";
import type { TransportRequest } from "./transport.ts";

/** Credentials of an AWS identity; those of a role are temporary and have a session token. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface AwsSigning {
  /** Asked for each try, so that temporary credentials can be renewed. */
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
  readonly region: string;
  /** Default: that of API Gateway. */
  readonly service?: string;
  /** For tests. */
  readonly nowMs?: () => number;
}

const encoder = new TextEncoder();

/** Signs requests with AWS Signature Version 4, for a server behind IAM authorization. */
export function signForAws(signing: AwsSigning): RequestSigner {
  const { region, service = "execute-api", nowMs = Date.now } = signing;
  return async (request) => {
    const { accessKeyId, secretAccessKey, sessionToken } = await signing.credentials();
    const time = new Date(nowMs()).toISOString().replace(/[:-]|\.\d{3}/g, "");
    const date = time.slice(0, 8);
    const scope = `${date}/${region}/${service}/aws4_request`;
    const headers: Readonly<Record<string, string>> = {
      ...request.headers,
      "x-amz-date": time,
      ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
    };
    const names = signedNames(headers);
    const canonical = await canonicalRequest(request, headers, names);
    const toSign = ["AWS4-HMAC-SHA256", time, scope, await sha256(canonical)].join("\n");
    let key: ArrayBuffer | Uint8Array<ArrayBuffer> = encoder.encode(`AWS4${secretAccessKey}`);
    for (const part of scope.split("/")) key = await hmac(key, part);
    const signature = hex(await hmac(key, toSign));
    const authorization =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, ` +
      `SignedHeaders=${names.join(";")}, Signature=${signature}`;
    return { ...request, headers: { ...headers, authorization } };
  };
}

/** What nobody on the way may change; other headers are a proxy's to rewrite. */
function signedNames(headers: Readonly<Record<string, string>>): readonly string[] {
  const own = Object.keys(headers).filter((name) => /^(content-type$|x-amz-)/.test(name));
  return [...own, "host"].sort();
}

async function canonicalRequest(
  request: TransportRequest,
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): Promise<string> {
  const url = new URL(request.url);
  // Every service but S3 signs the path encoded once more than it is sent.
  const path = url.pathname.split("/").map(encode).join("/");
  const query = [...url.searchParams]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([name, value], [otherName, otherValue]) =>
      name === otherName ? compare(value, otherValue) : compare(name, otherName),
    )
    .map((pair) => pair.join("="))
    .join("&");
  const lines = names.map(
    (name) => `${name}:${name === "host" ? url.host : (headers[name] ?? "").trim()}`,
  );
  const body = await sha256(request.body ?? "");
  return [request.method, path, query, ...lines, "", names.join(";"), body].join("\n");
}

/** By code units: no locale has a say in it. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function hmac(
  key: ArrayBuffer | Uint8Array<ArrayBuffer>,
  text: string,
): Promise<ArrayBuffer> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return crypto.subtle.sign("HMAC", imported, encoder.encode(text));
}

async function sha256(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof content === "string" ? encoder.encode(content) : content;
  return hex(await crypto.subtle.digest("SHA-256", bytes));
}

function hex(bytes: ArrayBuffer): string {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += byte.toString(16).padStart(2, "0");
  return text;
}
