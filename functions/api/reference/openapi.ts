import {
  bodyProblems,
  commonProblems,
  type RouteSpec,
} from "../../../shared/contract/http/route-spec.ts";
import { type OperationId, operationIds, routes } from "../../../shared/contract/http/routes.ts";
import { switchyardVersion } from "../../../shared/contract/http/version.ts";
import { Problem } from "../../../shared/contract/http/views.ts";
import { type ErrorCode, errorCodes } from "../../../shared/core/error-codes.ts";
import { type JsonSchema, parameterSchemas, SchemaBook } from "./schemas.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface OpenApiResponse {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

export interface Operation {
  readonly operationId: OperationId;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly "x-role": RouteSpec["role"];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<
      Record<string, { readonly schema: JsonSchema; readonly example: unknown }>
    >;
  };
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
}

export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

const tags = [
  { name: "Tasks", description: "What can be run: named, versioned definitions." },
  { name: "Instances", description: "Single submissions of tasks, and everything about them." },
  { name: "Routing", description: "Rules and policy: where tasks go, and why." },
  { name: "Pools", description: "Pools of workers, and the protocol that workers speak." },
  { name: "Limits", description: "Bounds that tasks share: slots and rates." },
  { name: "Groups", description: "Groups, what bounds the tenant, and budgets." },
  { name: "Functions", description: "Deploying code that every backend can run." },
  { name: "Schedules", description: "When tasks run by time, and calendars of closed days." },
  { name: "Triggers", description: "What is submitted for which events, and putting events." },
  { name: "Webhooks", description: "Who is told of state changes, by signed messages." },
  { name: "Payloads", description: "Inputs and outputs too large to travel in a request." },
  { name: "Operations", description: "Looking after the system itself." },
] as const;

let document: OpenApiDocument | undefined;
let text: string | undefined;

/** The contract as OpenAPI 3.1, made from the table of routes. Built once. */
export function openApi(): OpenApiDocument {
  document ??= build();
  return document;
}

export function openApiText(): string {
  text ??= JSON.stringify(openApi());
  return text;
}

function build(): OpenApiDocument {
  const book = new SchemaBook();
  const paths: Record<string, Record<string, Operation>> = {};
  for (const id of operationIds) {
    const route: RouteSpec = routes[id];
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(id, route, book) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Switchyard",
      version: switchyardVersion,
      description:
        "Submit tasks, have each routed to the backend that suits it, and follow it until it is done. " +
        "Instants are ISO 8601 in UTC; durations carry their unit in the name. Unknown fields are " +
        "refused. Every list has cursors. Errors are application/problem+json with a stable code.",
    },
    servers: [{ url: "/" }],
    tags,
    paths,
    components: {
      schemas: book.components,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        sigv4: {
          type: "apiKey",
          name: "Authorization",
          in: "header",
          description: "AWS Signature Version 4.",
        },
      },
    },
  };
}

function operationOf(id: OperationId, route: RouteSpec, book: SchemaBook): Operation {
  const { body } = route;
  return {
    operationId: id,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    "x-role": route.role,
    security: route.role === "anyone" ? [] : [{ token: [] }, { sigv4: [] }],
    parameters: parametersOf(route),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.optional !== true,
            content: {
              "application/json": { schema: book.ref(body.schema), example: body.example },
              ...Object.fromEntries(
                (body.mediaTypes ?? []).map((type) => [type, { schema: book.ref(body.schema) }]),
              ),
            },
          },
        }),
    responses: { ...goodResponses(route, book), ...problemResponses(route, book) },
  };
}

function parametersOf({ params, query, headers = {} }: RouteSpec): readonly Parameter[] {
  const fields = (schema: JsonSchema, place: "path" | "query"): readonly Parameter[] =>
    Object.entries(schema.properties ?? {}).map(([name, { description, ...field }]) => ({
      name,
      in: place,
      required: place === "path" || (schema.required?.includes(name) ?? false),
      ...(description === undefined ? {} : { description }),
      schema: field,
    }));
  return [
    ...(params === undefined ? [] : fields(parameterSchemas(params), "path")),
    ...(query === undefined ? [] : fields(parameterSchemas(query), "query")),
    ...Object.entries(headers).map(
      ([name, { description }]): Parameter => ({
        name,
        in: "header",
        required: false,
        description,
        schema: { type: "string" },
      }),
    ),
  ];
}

function goodResponses(
  { answers }: RouteSpec,
  book: SchemaBook,
): Readonly<Record<string, OpenApiResponse>> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, contentType }]) => [
      status,
      {
        description,
        content: {
          [contentType ?? "application/json"]: {
            schema:
              schema === undefined
                ? { type: contentType === undefined ? "object" : "string" }
                : book.ref(schema),
          },
        },
      },
    ]),
  );
}

/** Every code that this route may answer, in the order of the table. */
export function problemsOf(route: RouteSpec): readonly ErrorCode[] {
  const possible = new Set<string>([
    ...commonProblems,
    ...(route.body === undefined ? [] : bodyProblems),
    ...route.problems,
  ]);
  if (route.role === "anyone") {
    possible.delete("unauthenticated");
    possible.delete("forbidden");
  }
  return (Object.keys(errorCodes) as ErrorCode[]).filter((code) => possible.has(code));
}

function problemResponses(
  route: RouteSpec,
  book: SchemaBook,
): Readonly<Record<string, OpenApiResponse>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of problemsOf(route)) {
    const { status } = errorCodes[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      // A health answer of 503 has its own form.
      .filter(([status]) => route.answers[status] === undefined)
      .map(([status, codes]) => [
        String(status),
        {
          description: codes.map((code) => `${code}: ${errorCodes[code].meaning}`).join(" "),
          content: { "application/problem+json": { schema: book.ref(Problem) } },
        },
      ]),
  );
}
