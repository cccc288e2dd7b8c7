import type { Rejection } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { answerAllow, answerBytes, problem } from "./wire/answers.ts";

/** Takes and gives payloads by signed addresses; on hosts with a bucket that is the bucket itself. */
export interface PayloadDoor {
  put(
    address: URL,
    body: AsyncIterable<Uint8Array>,
  ): Promise<"stored" | "present" | "too_large" | "wrong_length" | "wrong_hash" | Rejection>;
  get(
    address: URL,
  ): Promise<{ readonly bytes: number; readonly body: ReadableStream<Uint8Array> } | Rejection>;
}

const refusals = {
  present: {
    code: "precondition_failed",
    detail: "this payload is there already, and payloads never change",
  },
  too_large: {
    code: "payload_too_large",
    detail: "there is more than was announced, or more than is possible",
  },
  wrong_length: {
    code: "invalid_field",
    detail: "there are fewer bytes than were announced; nothing was kept",
  },
  wrong_hash: {
    code: "invalid_field",
    detail: "what came has another SHA-256 than was announced; nothing was kept",
  },
} as const satisfies Record<string, Rejection>;

/** `PUT` and `GET /v1/payloads/{id}?…`: the address is the credential, as with a presigned one of S3. */
export async function passThrough(door: PayloadDoor, request: Request): Promise<Response> {
  const address = new URL(request.url);
  switch (request.method) {
    case "PUT": {
      const announced = Number(request.headers.get("content-length") ?? 0);
      if (announced > limits.payloadBytesMax) return problem(refusals.too_large);
      const outcome = await door.put(address, partsOf(request.body));
      if (outcome === "stored") return new Response(null, { status: 200 });
      return problem(typeof outcome === "string" ? refusals[outcome] : outcome);
    }
    case "GET": {
      const found = await door.get(address);
      return "code" in found ? problem(found) : answerBytes(found.body, found.bytes);
    }
    default:
      return answerAllow("GET, PUT");
  }
}

async function* partsOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      yield part.value;
    }
  } finally {
    // What nobody wants to read any more is not waited for.
    await reader?.cancel();
  }
}
