import type { Rejection } from "../../../shared/core/errors.ts";

const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Why a request must not reach a host without authentication. A foreign Host header is a name that
 * was rebound to this machine; a foreign Origin is a page of somewhere else.
 */
export function localOnlyRejection(request: Request): Rejection | undefined {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (!loopbackHost.test(host)) {
    return {
      code: "host_not_allowed",
      detail: "this host answers only requests addressed to localhost or 127.0.0.1",
    };
  }
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) {
    return {
      code: "host_not_allowed",
      detail: "this host does not answer pages of other origins",
    };
  }
  return undefined;
}
