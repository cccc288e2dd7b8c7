import { errorCodes } from "../../core/error-codes.ts";
import type { Rejection } from "../../core/errors.ts";
import type { Problem } from "./views.ts";

/** Where each host explains its error codes. */
export const errorDocsPath = "/v1/docs/errors";

/** The rejection as the wire shows it. */
export function problemOf(rejection: Rejection): Problem {
  const { code, detail, pointer, suggestion, retryAfterMs } = rejection;
  const { status, meaning } = errorCodes[code];
  return {
    type: `${errorDocsPath}#${code}`,
    title: meaning,
    status,
    code,
    detail,
    ...(pointer === undefined ? {} : { pointer }),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) }),
  };
}
