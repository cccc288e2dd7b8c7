import type { RouteSpec } from "../../../shared/contract/http/route-spec.ts";
import type { ErrorCode } from "../../../shared/core/error-codes.ts";
import { type Rejection, RejectionError } from "../../../shared/core/errors.ts";
import { rejectionOfIssues } from "../../runtime/issues.ts";
import { shortened } from "../../runtime/pointer.ts";
import { instanceNotFound, taskNotFound } from "../../runtime/result.ts";

/** The query string as its route's schema gives it; throws a RejectionError when it is not one. */
export function readQuery(url: string, schema: NonNullable<RouteSpec["query"]>): unknown {
  const start = url.indexOf("?");
  const raw: Record<string, string | string[]> = Object.create(null);
  if (start >= 0) {
    for (const [name, value] of new URLSearchParams(url.slice(start + 1).split("#")[0])) {
      const present = raw[name];
      raw[name] = present === undefined ? value : [present, value].flat();
    }
  }
  const result = schema.safeParse({ ...raw });
  if (result.success) return result.data;
  throw new RejectionError(rejectionOfIssues(result.error, schema, { ...raw }, "name"));
}

/** The path's parameters. A name that nothing can have is answered like one that nothing has. */
export function readParams(
  route: Pick<RouteSpec, "method" | "params" | "problems">,
  raw: Readonly<Record<string, string>>,
): unknown {
  if (route.params === undefined) return {};
  const result = route.params.safeParse(raw);
  if (result.success) return result.data;
  const rejection = rejectionOfIssues(result.error, route.params, raw, "name");
  throw new RejectionError(route.method === "put" ? rejection : notFound(route, raw, rejection));
}

function notFound(
  { problems }: Pick<RouteSpec, "problems">,
  raw: Readonly<Record<string, string>>,
  refused: Rejection,
): Rejection {
  const { id, name } = raw;
  const { detail } = refused;
  if (name === undefined && id === undefined) return refused;
  const pointer = id === undefined || refused.pointer === "name" ? "name" : "id";
  const value = shortened(raw[pointer] ?? "", 80);
  const code = codeOf(problems, pointer);
  const rejection =
    code === "task_not_found"
      ? taskNotFound(value)
      : code === "instance_not_found"
        ? instanceNotFound(value)
        : { code, detail: `nothing here has the ${pointer} "${value}"` };
  return { ...rejection, pointer, suggestion: detail };
}

/** A route names first what its name is of, and last what its id is of. */
function codeOf(problems: readonly ErrorCode[], pointer: "name" | "id"): ErrorCode {
  const codes = problems.filter((code) => code.endsWith("_not_found"));
  const byDefault = pointer === "name" ? "task_not_found" : "instance_not_found";
  return (pointer === "name" ? codes[0] : codes.at(-1)) ?? byDefault;
}
