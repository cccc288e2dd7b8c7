import type * as z from "zod";
import type { ErrorCode } from "../../core/error-codes.ts";
import type { Role } from "../../core/tenant.ts";

/** One kind of good answer of a route. */
export interface AnswerSpec {
  readonly description: string;
  /** Of a JSON answer; absent for pages and other texts. */
  readonly schema?: z.ZodType;
  /** Default: application/json. */
  readonly contentType?: string;
}

/** The chapters of the reference. */
export const routeTags = [
  "Tasks",
  "Instances",
  "Routing",
  "Pools",
  "Groups",
  "Limits",
  "Schedules",
  "Triggers",
  "Functions",
  "Webhooks",
  "Payloads",
  "Operations",
] as const;
export type RouteTag = (typeof routeTags)[number];

/** A route as data: the app, the OpenAPI document, the reference page and the clients read this. */
export interface RouteSpec {
  readonly method: "get" | "put" | "post" | "delete";
  /** Parameters stand in braces and are described by `params`. */
  readonly path: `/${string}`;
  readonly tag: RouteTag;
  /** One line, as an imperative. */
  readonly summary: string;
  readonly description?: string;
  /** The least role that may call it; "anyone" needs no credential. */
  readonly role: Role | "anyone";
  readonly params?: z.ZodObject;
  /** Reads texts of the query string; its output is what handlers get. */
  readonly query?: z.ZodObject;
  readonly headers?: Readonly<Record<string, { readonly description: string }>>;
  readonly body?: {
    readonly schema: z.ZodType;
    readonly example: unknown;
    /** True when leaving the body out means `{}`. */
    readonly optional?: boolean;
    /** Further kinds of JSON that it may be sent as, beside application/json. */
    readonly mediaTypes?: readonly string[];
    /** Bounds of the JSON text; default: those of a single request. */
    readonly size?: "single" | "batch";
  };
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** What may go wrong beyond what any route may answer. */
  readonly problems: readonly ErrorCode[];
}

/** The codes that any route may answer, whatever it does. */
export const commonProblems: readonly ErrorCode[] = [
  "invalid_field",
  "unknown_field",
  "unauthenticated",
  "forbidden",
  "host_not_allowed",
  "too_many_requests",
  "internal_error",
  "unavailable",
];

/** The codes that any route with a body may answer. */
export const bodyProblems: readonly ErrorCode[] = [
  "malformed_json",
  "payload_too_large",
  "unsupported_media_type",
];
