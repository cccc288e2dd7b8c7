import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** S3 on a loopback port, as far as payloads use it, with the checks that S3 makes. */
export interface StubS3 {
  readonly endpoint: string;
  /** Objects by their path, bucket included. */
  readonly objects: Map<string, Buffer>;
  /** The next request is answered so, once. */
  failNext(status: number): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export async function startStubS3(secret: string, now: () => number): Promise<StubS3> {
  const objects = new Map<string, Buffer>();
  const failures: number[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const failure = failures.shift();
    const answer =
      failure === undefined
        ? answerTo(request, Buffer.concat(parts), { objects, secret, nowMs: now() })
        : { status: failure };
    send(response, answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    failNext: (status) => failures.push(status),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface Bucket {
  readonly objects: Map<string, Buffer>;
  readonly secret: string;
  readonly nowMs: number;
}

function answerTo(request: IncomingMessage, body: Buffer, bucket: Bucket): Answer {
  const url = new URL(request.url ?? "", `http://${request.headers.host}`);
  const presigned = url.searchParams.has("X-Amz-Signature");
  if (!presigned && request.headers.authorization === undefined) return { status: 403 };
  if (presigned && !isSigned(request, url, bucket)) return { status: 403 };
  const found = bucket.objects.get(url.pathname);
  switch (request.method) {
    case "PUT":
      return putObject(request, url.pathname, body, bucket);
    case "GET":
      return found === undefined ? noSuchKey : { status: 200, body: found };
    case "HEAD": {
      if (found === undefined) return { status: 404 };
      const headers = {
        "x-amz-checksum-sha256": digest(found),
        "content-length": `${found.length}`,
      };
      return { status: 200, headers };
    }
    case "POST":
      for (const [, key] of body.toString().matchAll(/<Key>([^<]+)<\/Key>/g)) {
        bucket.objects.delete(`${url.pathname.replace(/\/$/, "")}/${key}`);
      }
      return { status: 200, body: "<DeleteResult></DeleteResult>" };
    default:
      return { status: 405 };
  }
}

const noSuchKey: Answer = { status: 404, body: "<Error><Code>NoSuchKey</Code></Error>" };

function putObject(request: IncomingMessage, path: string, body: Buffer, bucket: Bucket): Answer {
  const { "if-none-match": condition, "x-amz-checksum-sha256": checksum } = request.headers;
  const { "x-amz-copy-source": source } = request.headers;
  if (typeof source === "string") return copyObject(`/${source}`, path, bucket);
  if (checksum !== undefined && checksum !== digest(body)) return { status: 400 };
  if (condition === "*" && bucket.objects.has(path)) return { status: 412 };
  bucket.objects.set(path, body);
  return { status: 200 };
}

function copyObject(from: string, to: string, { objects }: Bucket): Answer {
  const found = objects.get(from);
  if (found === undefined) return noSuchKey;
  objects.set(to, found);
  return { status: 200, body: "<CopyObjectResult><ETag>1</ETag></CopyObjectResult>" };
}

/** By the letter of AWS's description, and by no code of ours. */
function isSigned(request: IncomingMessage, url: URL, { secret, nowMs }: Bucket): boolean {
  const asked = (name: string): string => url.searchParams.get(`X-Amz-${name}`) ?? "";
  const [, day = "", region = "", service = "", end = ""] = asked("Credential").split("/");
  const time = asked("Date").replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
  const ageMs = nowMs - Date.parse(time);
  if (!(ageMs >= -900_000 && ageMs <= Number(asked("Expires")) * 1_000)) return false;
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encodeURIComponent(name), encodeURIComponent(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const names = asked("SignedHeaders").split(";");
  const headers = names.map((name) => `${name}:${request.headers[name] ?? ""}\n`).join("");
  const canonical = `${request.method}\n${url.pathname}\n${query}\n${headers}\n${names.join(";")}\nUNSIGNED-PAYLOAD`;
  const toSign = [
    "AWS4-HMAC-SHA256",
    asked("Date"),
    `${day}/${region}/${service}/${end}`,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const hmac = (key: string | Buffer, said: string): Buffer =>
    createHmac("sha256", key).update(said).digest();
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), end);
  return hmac(key, toSign).toString("hex") === asked("Signature");
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64");
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers });
  response.end(body);
}
