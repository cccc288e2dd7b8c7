import type * as z from "zod";
import type { OperationId, routes } from "../../shared/contract/http/routes.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";

type Routes = typeof routes;
type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type Part<Id extends OperationId, Name extends string> =
  Routes[Id] extends Record<Name, infer Of> ? Of : undefined;

/** A request as its route's schemas read it. */
export interface Call<Id extends OperationId> {
  /** Who asks; absent exactly on routes that anyone may call. */
  readonly context: Routes[Id]["role"] extends "anyone" ? undefined : TenantContext;
  readonly params: OutputOf<Part<Id, "params">>;
  readonly query: OutputOf<Part<Id, "query">>;
  readonly body: Part<Id, "body"> extends { readonly schema: infer Schema }
    ? OutputOf<Schema>
    : undefined;
  readonly request: Request;
}

/** One function per route: calls one use case and maps what it says. */
export type Handlers = { readonly [Id in OperationId]: (call: Call<Id>) => Promise<Response> };
