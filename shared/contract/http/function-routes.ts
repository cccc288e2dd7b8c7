import {
  FunctionParams,
  FunctionRequest,
  FunctionVersionView,
  FunctionView,
  RemovedFunctionView,
  RemoveQuery,
  TriedFunctionView,
  TryFunction,
} from "./function-views.ts";
import { NoQuery, PageQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import { listPage } from "./views.ts";

/** Functions that Switchyard deploys itself. */
export const functionRoutes = {
  putFunction: {
    method: "put",
    path: "/v1/functions/{name}",
    tag: "Functions",
    summary: "Deploy a function",
    description:
      "Takes a zip file that was uploaded with POST /v1/payloads and the purpose package, or that of " +
      "another version; either way the version gets one of its own. Equal settings and an equal file " +
      "are the same version: nothing is deployed twice, and asking for an older version again puts " +
      "it back in force. Repeat the request to ask again for a deployment that failed.",
    role: "admin",
    params: FunctionParams,
    query: NoQuery,
    body: {
      schema: FunctionRequest,
      example: {
        runtime: "nodejs24.x",
        handler: "index.handler",
        memoryMb: 512,
        timeoutSeconds: 60,
        package: {
          id: "up_06f2q0m8t3xk5v7w9y1z4b6d8f",
          bytes: 1_204,
          sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        },
      },
    },
    answers: {
      200: { description: "This version is there already, and in force.", schema: FunctionView },
      202: { description: "The deployment was asked for: read the state.", schema: FunctionView },
    },
    problems: ["payload_not_found", "conflict"],
  },
  listFunctions: {
    method: "get",
    path: "/v1/functions",
    tag: "Functions",
    summary: "List the deployed functions",
    description: "In the order of their names.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of functions.", schema: listPage(FunctionView) } },
    problems: ["invalid_cursor"],
  },
  getFunction: {
    method: "get",
    path: "/v1/functions/{name}",
    tag: "Functions",
    summary: "Show a deployed function",
    role: "viewer",
    params: FunctionParams,
    query: NoQuery,
    answers: {
      200: { description: "The function with the version asked for last.", schema: FunctionView },
    },
    problems: ["function_not_found"],
  },
  listFunctionVersions: {
    method: "get",
    path: "/v1/functions/{name}/versions",
    tag: "Functions",
    summary: "List a function's versions",
    description: "In the order of their digests.",
    role: "viewer",
    params: FunctionParams,
    query: PageQuery,
    answers: {
      200: { description: "A page of versions.", schema: listPage(FunctionVersionView) },
    },
    problems: ["function_not_found", "invalid_cursor"],
  },
  invokeFunction: {
    method: "post",
    path: "/v1/functions/{name}/invoke",
    tag: "Functions",
    summary: "Try a function out",
    description:
      "Calls the version in force with the envelope of a task that has this `input`, and waits, for a " +
      "few seconds at most. No instance comes of it: work belongs into tasks.",
    role: "operator",
    params: FunctionParams,
    query: NoQuery,
    body: { schema: TryFunction, example: { input: { name: "world" } }, optional: true },
    answers: { 200: { description: "What it said.", schema: TriedFunctionView } },
    problems: ["function_not_found", "function_not_ready"],
  },
  removeFunction: {
    method: "delete",
    path: "/v1/functions/{name}",
    tag: "Functions",
    summary: "Remove a deployed function",
    description:
      "With all its versions, from its platform and from here. Only what Switchyard deployed is ever " +
      "removed; refused while the newest version of a task runs the function.",
    role: "admin",
    params: FunctionParams,
    query: RemoveQuery,
    answers: { 200: { description: "It is gone.", schema: RemovedFunctionView } },
    problems: ["function_not_found", "function_in_use"],
  },
} as const satisfies Record<string, RouteSpec>;
