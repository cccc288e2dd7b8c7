import {
  bodyProblems,
  commonProblems,
  type RouteSpec,
} from "../../../shared/contract/http/route-spec.ts";
import { type OperationId, operationIds, routes } from "../../../shared/contract/http/routes.ts";
import { type ErrorCode, errorCodes } from "../../../shared/core/error-codes.ts";
import { limits } from "../../../shared/core/limits.ts";
import { openApi } from "./openapi.ts";

/** docs/errors.md as a whole, from the table of codes. */
export function errorsMarkdown(): string {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const sections = codes.map((code) => {
    const { status, retryable, meaning } = errorCodes[code];
    const again = retryable
      ? "The same request may succeed later without change."
      : "The same request will be refused again; change it first.";
    return `## ${code}\n\n**${status}** ${meaning} ${again}\n\n${whereAnswered(code)}\n`;
  });
  return `# Error codes

Every refusal of the API is \`application/problem+json\` with one of these codes. Codes are stable:
decide by \`code\`, not by texts. \`pointer\` names the field that is wrong, \`suggestion\` says how to
put it right. Each host shows this page at \`/v1/docs/errors\`.

${sections.join("\n")}`;
}

function whereAnswered(code: ErrorCode): string {
  if (commonProblems.includes(code)) return "Any request may be answered so.";
  if (bodyProblems.includes(code)) return "Any request with a body may be answered so.";
  const operations = operationIds.filter((id) => (routes[id] as RouteSpec).problems.includes(code));
  if (operations.length === 0)
    return "Answered to paths and methods that do not exist, and to attempts.";
  return `Answered by ${operations.map((id) => `\`${placeOf(id)}\``).join(", ")}.`;
}

/** The table of routes in docs/api.md. */
export function routesMarkdown(): string {
  const tags = openApi().tags.map(({ name, description }) => {
    const rows = operationIds
      .filter((id) => routes[id].tag === name)
      .map((id) => {
        const route: RouteSpec = routes[id];
        const answers = Object.keys(route.answers).join(", ");
        return `| \`${placeOf(id)}\` | ${route.summary} | ${route.role} | ${answers} |`;
      });
    return `### ${name}\n\n${description}\n\n| route | what it does | least role | good answers |\n|---|---|---|---|\n${rows.join("\n")}`;
  });
  return tags.join("\n\n");
}

function placeOf(id: OperationId): string {
  return `${routes[id].method.toUpperCase()} ${routes[id].path}`;
}

/** The table of limits in docs/api.md: those that a client can run into. */
export function limitsMarkdown(): string {
  const kib = (bytes: number): string => `${bytes / 1_024} KiB`;
  const rows: readonly (readonly [string, string])[] = [
    ["body of a request", kib(limits.bodyBytesMax)],
    ["body of a batch", kib(limits.batchBodyBytesMax)],
    ["items of a batch", String(limits.batchItemsMax)],
    ["ids of a lookup", String(limits.lookupIdsMax)],
    ["levels of nested JSON", String(limits.jsonDepthMax)],
    ["keys of one body", String(limits.jsonKeysMax)],
    ["input of an instance", kib(limits.inputBytesMax)],
    ["config of an instance", kib(limits.configBytesMax)],
    ["output of an instance", kib(limits.outputBytesMax)],
    ["kept log of an attempt", kib(limits.logBytesMax)],
    ["name", `${limits.nameCharsMax} characters`],
    ["idempotency key", `${limits.idempotencyKeyCharsMax} printable ASCII characters`],
    ["tags of an instance", String(limits.tagsMax)],
    ["start in the future", `${limits.delayMsMax / 86_400_000} days`],
    ["time of an attempt", `${limits.attemptTimeoutSecondsMax / 3_600} hours`],
    ["attempts of a round", String(limits.attemptsMax)],
    ["rounds of an instance", String(limits.roundsMax)],
    ["items of a page", `${limits.pageSizeMax}, default ${limits.pageSizeDefault}`],
    ["waiting for an answer", `${limits.waitSecondsMax} seconds`],
  ];
  return `| what | at most |\n|---|---|\n${rows.map(([what, most]) => `| ${what} | ${most} |`).join("\n")}`;
}
