import { type Context, Hono } from "hono";
import type { RouteSpec } from "../../shared/contract/http/route-spec.ts";
import { type OperationId, operationIds, routes } from "../../shared/contract/http/routes.ts";
import { type Rejection, RejectionError } from "../../shared/core/errors.ts";
import { mayActAs, type TenantContext } from "../../shared/core/tenant.ts";
import { calendarHandlers } from "./calendar-handlers.ts";
import type { Call, Handlers } from "./calls.ts";
import { comparisonHandlers } from "./comparison-handlers.ts";
import type { ApiDeps } from "./deps.ts";
import { findingHandlers } from "./finding-handlers.ts";
import { functionHandlers } from "./function-handlers.ts";
import { groupHandlers } from "./group-handlers.ts";
import { instanceHandlers } from "./instance-handlers.ts";
import { limitHandlers } from "./limit-handlers.ts";
import { operationHandlers } from "./operation-handlers.ts";
import { passThrough } from "./payload-door.ts";
import { payloadHandlers } from "./payload-handlers.ts";
import { placementHandlers } from "./placement-handlers.ts";
import { poolHandlers } from "./pool-handlers.ts";
import { portraitHandlers } from "./portrait-handlers.ts";
import { rulesHandlers } from "./rules-handlers.ts";
import { scheduleHandlers } from "./schedule-handlers.ts";
import { taskHandlers } from "./task-handlers.ts";
import { triggerHandlers } from "./trigger-handlers.ts";
import { webhookHandlers } from "./webhook-handlers.ts";
import { answerAllow, failure, problem } from "./wire/answers.ts";
import { localOnlyRejection } from "./wire/local-only.ts";
import { readBody } from "./wire/request-body.ts";
import { readParams, readQuery } from "./wire/request-url.ts";

/** The HTTP application of every host: parse, call one use case, map what it says. */
export function createApi(deps: ApiDeps): Hono {
  const handlers: Handlers = {
    ...taskHandlers(deps),
    ...scheduleHandlers(deps),
    ...triggerHandlers(deps),
    ...placementHandlers(deps),
    ...instanceHandlers(deps),
    ...payloadHandlers(deps),
    ...operationHandlers(deps),
    ...rulesHandlers(deps),
    ...comparisonHandlers(deps),
    ...poolHandlers(deps),
    ...limitHandlers(deps),
    ...functionHandlers(deps),
    ...webhookHandlers(deps),
    ...findingHandlers(deps),
    ...groupHandlers(deps),
    ...calendarHandlers(deps),
    ...portraitHandlers(deps),
  };
  const app = new Hono();
  for (const id of operationIds) {
    const route: RouteSpec = routes[id];
    app.on(route.method.toUpperCase(), route.path.replaceAll(/\{(\w+)\}/g, ":$1"), (context) =>
      serve(deps, route, handlers[id] as Handler, context),
    );
  }
  const { payloadDoor } = deps;
  if (payloadDoor !== undefined) {
    app.on(["GET", "PUT"], "/v1/payloads/:id", async (context) => {
      try {
        refuseForeigners(deps, context.req.raw);
        return await passThrough(payloadDoor, context.req.raw);
      } catch (error) {
        return failure(error, subjectOf(context), deps.engine);
      }
    });
  }
  app.notFound((context) => noSuchRoute(deps, context));
  app.onError((error, context) => failure(error, subjectOf(context), deps.engine));
  return app;
}

/** Handlers differ in what their route's schemas read; `serve` reads with those same schemas. */
type Handler = (call: Call<OperationId>) => Promise<Response>;

async function serve(
  deps: ApiDeps,
  route: RouteSpec,
  handle: Handler,
  context: Context,
): Promise<Response> {
  const request = context.req.raw;
  try {
    refuseForeigners(deps, request);
    const caller = route.role === "anyone" ? undefined : await callerOf(deps, route.role, request);
    const call = {
      context: caller,
      params: readParams(route, context.req.param()),
      query: route.query === undefined ? undefined : readQuery(request.url, route.query),
      body: route.body === undefined ? undefined : await readBody(request, route.body),
      request,
    };
    return await handle(call as Call<OperationId>);
  } catch (error) {
    return failure(error, subjectOf(context), deps.engine);
  }
}

function refuseForeigners({ allowLoopbackOnly }: ApiDeps, request: Request): void {
  const rejection = allowLoopbackOnly === true ? localOnlyRejection(request) : undefined;
  if (rejection !== undefined) throw new RejectionError(rejection);
}

async function callerOf(
  deps: ApiDeps,
  needed: TenantContext["role"],
  request: Request,
): Promise<TenantContext> {
  const caller = await deps.authenticate(request);
  if ("code" in caller) throw new RejectionError(caller);
  if (mayActAs(caller.role, needed)) return caller;
  throw new RejectionError({
    code: "forbidden",
    detail: `this needs the role ${needed}; the credential has the role ${caller.role}`,
  });
}

const pathPatterns = operationIds.map((id) => ({
  method: routes[id].method.toUpperCase(),
  pattern: new RegExp(
    `^${routes[id].path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`,
  ),
}));

/** A path with other methods is told apart from no path at all. */
function noSuchRoute(deps: ApiDeps, context: Context): Response {
  try {
    refuseForeigners(deps, context.req.raw);
  } catch (error) {
    return failure(error, subjectOf(context), deps.engine);
  }
  const { path, method } = context.req;
  const methods = pathPatterns.filter(({ pattern }) => pattern.test(path)).map((of) => of.method);
  if (methods.length === 0) {
    const rejection: Rejection = {
      code: "route_not_found",
      detail: "there is nothing at this path",
      suggestion: "GET /v1/docs lists every path",
    };
    return problem(rejection);
  }
  const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  if (method === "OPTIONS") return answerAllow(allow);
  const detail = `this path does not have the method ${method.slice(0, 20)}`;
  return problem({ code: "method_not_allowed", detail, suggestion: `use ${allow}` }, { allow });
}

function subjectOf(context: Context): { readonly method: string; readonly path: string } {
  return { method: context.req.method, path: context.req.path.slice(0, 200) };
}
