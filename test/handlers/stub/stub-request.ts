import type { IncomingMessage } from "node:http";

/** One request as it came over the wire. */
export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What goes back, or how the connection ends. */
export interface StubAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One AWS service: checks a request as AWS does and answers it. */
export interface StubService {
  /** As SigV4 spells it. */
  readonly signingName: string;
  /** Whether a request is for this service. */
  owns(request: StubRequest): boolean;
  answer(request: StubRequest): StubAnswer;
}

/** A request that AWS would refuse, or one that only a bug of ours sends. */
export class StubRefusal extends Error {
  override readonly name = "StubRefusal";
  readonly status: number;
  readonly code: string;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export async function readRequest(message: IncomingMessage): Promise<StubRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers = Object.entries(message.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: message.method ?? "",
    path: message.url ?? "",
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

/** Refuses what AWS refuses before it looks at the request: a missing or foreign signature. */
export function checkSignature(request: StubRequest, signingName: string): void {
  const { authorization = "" } = request.headers;
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[a-z0-9-]+\/([a-z]+)\/aws4_request, SignedHeaders=(\S+), Signature=[0-9a-f]{64}$/;
  const [, service, signed = ""] = pattern.exec(authorization) ?? [];
  if (service === undefined) {
    throw new StubRefusal("MissingAuthenticationToken", "the request is not signed", 403);
  }
  if (service !== signingName) {
    throw new StubRefusal("SignatureDoesNotMatch", `signed for ${service}`, 403);
  }
  for (const header of ["host", "x-amz-date"]) {
    if (!signed.split(";").includes(header) || request.headers[header] === undefined) {
      throw new StubRefusal("IncompleteSignature", `${header} is not signed`, 403);
    }
  }
}

/** The body of a JSON protocol request whose target is `target`. */
export function jsonBody(request: StubRequest, target: string, version: "1.0" | "1.1"): unknown {
  if (request.headers["x-amz-target"] !== target) {
    throw new StubRefusal(
      "UnknownOperationException",
      `no ${request.headers["x-amz-target"]} here`,
    );
  }
  if (request.headers["content-type"] !== `application/x-amz-json-${version}`) {
    throw new StubRefusal("SerializationException", "wrong content type");
  }
  try {
    return JSON.parse(request.body);
  } catch {
    throw new StubRefusal("SerializationException", "the body is not JSON");
  }
}

/** XML 1.0 characters only, as SQS has it; a lone surrogate cannot cross the wire as UTF-8 at all. */
export function hasForbiddenCharacter(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u.test(text);
}
