import { problemOf } from "../../../shared/contract/http/problem.ts";
import { errorCodes } from "../../../shared/core/error-codes.ts";
import { type Rejection, RejectionError, TransientError } from "../../../shared/core/errors.ts";
import type { Ids } from "../../../shared/ports/clock.ts";
import type { Log } from "../../../shared/ports/log.ts";

type Headers = Readonly<Record<string, string>>;

/** On every answer: it is not to be sniffed, framed, run, kept, or read by other origins. */
const safety = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;
const inert = {
  ...safety,
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
} as const;
const json = { ...inert, "content-type": "application/json" } as const;
const problemJson = { ...inert, "content-type": "application/problem+json" } as const;

/** A good answer. */
export function answer(status: number, body: unknown, headers?: Headers): Response {
  return answerText(status, JSON.stringify(body), headers);
}

/** A good answer whose JSON text is written already. */
export function answerText(status: number, text: string, headers?: Headers): Response {
  return new Response(text, {
    status,
    headers: headers === undefined ? json : { ...json, ...headers },
  });
}

/** A page without scripts; `styleHash` allows its one style sheet and nothing else. */
export function answerPage(html: string, styleHash: string): Response {
  return new Response(html, {
    headers: {
      ...safety,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src '${styleHash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
    },
  });
}

/** A payload as it was put: nothing is known of it but its size. */
export function answerBytes(body: ReadableStream<Uint8Array>, bytes: number): Response {
  const headers = { ...inert, "content-type": "application/octet-stream" };
  return new Response(body, { headers: { ...headers, "content-length": String(bytes) } });
}

/** Says only which methods a path has. */
export function answerAllow(allow: string): Response {
  return new Response(null, { status: 204, headers: { ...inert, allow } });
}

/** An answer that says why not. */
export function problem(rejection: Rejection, headers?: Headers): Response {
  const { status } = errorCodes[rejection.code];
  return new Response(JSON.stringify(problemOf(rejection)), {
    status,
    headers: {
      ...problemJson,
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(status === 503 || status === 429 ? { "retry-after": secondsUntil(rejection) } : {}),
      ...headers,
    },
  });
}

/** In whole seconds, as the header says it. */
function secondsUntil({ retryAfterMs = 1_000 }: Rejection): string {
  return String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
}

/** What the world or a bug did to a request: said without revealing anything of the inside. */
export function failure(
  error: unknown,
  request: { readonly method: string; readonly path: string },
  { ids, log }: { readonly ids: Ids; readonly log: Log },
): Response {
  if (error instanceof RejectionError) return problem(error.rejection);
  const cause = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (error instanceof TransientError) {
    log.warn("request not answered; the client may repeat it", { ...request, cause });
    const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 1_000) / 1_000));
    return problem(
      {
        code: "unavailable",
        detail: "a part that this request needs does not answer at the moment",
        suggestion: `try again after ${seconds} s`,
      },
      { "retry-after": String(seconds) },
    );
  }
  const incident = ids.newToken();
  log.error("request failed by a bug or a lasting fault", {
    ...request,
    incident,
    cause,
    stack: error instanceof Error ? error.stack : undefined,
  });
  return problem({
    code: "internal_error",
    detail: `something went wrong inside; its trace is in the log under ${incident}`,
  });
}
