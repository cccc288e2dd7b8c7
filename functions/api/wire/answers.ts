import { problemOf } from "../../../shared/contract/http/problem.ts";
import { errorCodes } from "../../../shared/core/error-codes.ts";
import { type Rejection, RejectionError, TransientError } from "../../../shared/core/errors.ts";
import type { Ids } from "../../../shared/ports/clock.ts";
import type { Log } from "../../../shared/ports/log.ts";

const json = { "content-type": "application/json" } as const;

/** A good answer. */
export function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return answerText(status, JSON.stringify(body), headers);
}

/** A good answer whose JSON text is written already. */
export function answerText(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(text, { status, headers: { ...json, ...headers } });
}

/** An answer that says why not. */
export function problem(
  rejection: Rejection,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(problemOf(rejection)), {
    status: errorCodes[rejection.code].status,
    headers: {
      "content-type": "application/problem+json",
      ...(rejection.code === "unauthenticated" ? { "www-authenticate": "Bearer" } : {}),
      ...headers,
    },
  });
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
