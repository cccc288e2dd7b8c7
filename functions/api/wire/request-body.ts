import { isUtf8 } from "node:buffer";
import type { RouteSpec } from "../../../shared/contract/http/route-spec.ts";
import { type Rejection, RejectionError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import { rejectionOfIssues } from "../../runtime/issues.ts";
import { parseStrictJson } from "./strict-json.ts";

type BodySpec = NonNullable<RouteSpec["body"]>;

const boundsBySize = {
  single: {
    bytesMax: limits.bodyBytesMax,
    json: { depthMax: limits.jsonDepthMax, keysMax: limits.jsonKeysMax },
  },
  // Two levels more, so that an item may be as deep as a submission of its own.
  batch: {
    bytesMax: limits.batchBodyBytesMax,
    json: { depthMax: limits.jsonDepthMax + 2, keysMax: limits.batchJsonKeysMax },
  },
} as const;

/** The request's body as its route's schema gives it; throws a RejectionError when it is not one. */
export async function readBody(request: Request, spec: BodySpec): Promise<unknown> {
  const bounds = boundsBySize[spec.size ?? "single"];
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > bounds.bytesMax) throw tooLarge(bounds.bytesMax);
  const contentType = request.headers.get("content-type");
  const mayBeEmpty = spec.optional === true;
  if (!isJson(contentType, spec.mediaTypes) && !(contentType === null && mayBeEmpty)) {
    throw new RejectionError(unsupportedType(contentType));
  }
  const bytes = await readAtMost(request, bounds.bytesMax, announced !== null);
  if (bytes.length === 0 && mayBeEmpty) return checked(spec, {});
  if (contentType === null) throw new RejectionError(unsupportedType(contentType));
  if (!isUtf8(bytes)) {
    throw new RejectionError({ code: "malformed_json", detail: "the body is not valid UTF-8" });
  }
  const parsed = parseStrictJson(bytes.toString("utf8"), bounds.json);
  if (parsed.outcome === "rejected") throw new RejectionError(parsed.rejection);
  return checked(spec, parsed.value);
}

function checked({ schema }: BodySpec, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RejectionError(rejectionOfIssues(result.error, schema, value));
}

/** JSON is always UTF-8; any other charset is refused rather than misread. */
function isJson(contentType: string | null, others: readonly string[] = []): boolean {
  if (contentType === "application/json") return true;
  const [type = "", ...parameters] = (contentType ?? "").toLowerCase().split(";");
  if (others.includes(type.trim())) {
    return parameters.every((each) => /^\s*charset="?utf-8"?\s*$/.test(each));
  }
  return (
    /^application\/json\s*;\s*charset="?utf-8"?\s*$/i.test(contentType ?? "") ||
    /^application\/json\s*$/i.test(contentType ?? "")
  );
}

function unsupportedType(contentType: string | null): Rejection {
  return {
    code: "unsupported_media_type",
    detail:
      contentType === null
        ? "the request has no content-type"
        : "the body's content-type is not application/json",
    suggestion: "send the header content-type: application/json",
  };
}

/** Stops reading as soon as there is too much, whatever the headers announced. */
async function readAtMost(
  request: Request,
  bytesMax: number,
  lengthIsKnown: boolean,
): Promise<Buffer> {
  if (lengthIsKnown) {
    // The transport delivers no more than the announced length, which was checked before.
    const bytes = Buffer.from(await request.arrayBuffer());
    if (bytes.length > bytesMax) throw tooLarge(bytesMax);
    return bytes;
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    length += part.value.length;
    if (length > bytesMax) {
      await reader?.cancel();
      throw tooLarge(bytesMax);
    }
    parts.push(part.value);
  }
  return Buffer.concat(parts, length);
}

function tooLarge(bytesMax: number): RejectionError {
  return new RejectionError({
    code: "payload_too_large",
    detail: `the body has more than ${bytesMax} bytes`,
    suggestion: "split the request, or put large data into an object store and pass its address",
  });
}
