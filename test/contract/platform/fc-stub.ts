import { createHash, createHmac, randomUUID } from "node:crypto";
import * as z from "zod";
import type { WireAnswer, WireRequest } from "./stub-server.ts";

export const fcKeys = { accessKeyId: "LTAIexample", accessKeySecret: "a very secret key" } as const;
const version = "2023-03-30";

const Create = z.strictObject({
  functionName: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/),
  description: z.string().max(256),
  runtime: z.enum(["nodejs20", "python3.12"]),
  handler: z.string().max(128),
  memorySize: z.int().min(128).max(32_768).multipleOf(64),
  cpu: z.number().min(0.05).max(16),
  diskSize: z.literal(512),
  timeout: z.int().min(1).max(86_400),
  instanceConcurrency: z.literal(1),
  environmentVariables: z.record(z.string(), z.string()),
  internetAccess: z.boolean(),
  role: z.string().optional(),
  code: z.strictObject({ zipFile: z.base64() }),
});
const AsyncConfig = z.strictObject({
  asyncTask: z.literal(true),
  maxAsyncRetryAttempts: z.literal(0),
  maxAsyncEventAgeInSeconds: z.int().min(1).max(86_400),
});

interface StubFcFunction {
  readonly settings: Omit<z.infer<typeof Create>, "code">;
  readonly codeSha256: string;
  asyncTasks: boolean;
}

/** What became of a task, as Function Compute names it. */
export interface StubTask {
  readonly functionName: string;
  readonly event: unknown;
  status: string;
  returnPayload?: string;
  taskErrorMessage?: string;
}

export type FcBehaviour = (
  event: unknown,
) => { readonly returns: unknown } | { readonly throws: string };

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Function Compute 3.0 as far as we call it: checks every signature and the form of every request. */
export class StubFc {
  readonly functions = new Map<string, StubFcFunction>();
  readonly behaviours = new Map<string, FcBehaviour>();
  readonly tasks = new Map<string, StubTask>();
  readonly violations: string[] = [];

  answer(request: WireRequest): WireAnswer {
    try {
      checkSignature(request);
      return this.#route(request);
    } catch (error) {
      const refusal =
        error instanceof z.ZodError
          ? new Refusal(400, "InvalidArgument", z.prettifyError(error))
          : error;
      if (!(refusal instanceof Refusal)) throw error;
      if ([400, 401, 403].includes(refusal.status)) {
        this.violations.push(`${request.method} ${request.path}: ${refusal.message}`);
      }
      const body = { Code: refusal.code, Message: refusal.message, RequestId: randomUUID() };
      return { status: refusal.status, body };
    }
  }

  #route({ method, path, headers, body }: WireRequest): WireAnswer {
    const url = new URL(path, "http://fc");
    const [, apiVersion, what, name = "", part = "", item = "", last = ""] = url.pathname
      .split("/")
      .map(decodeURIComponent);
    if (apiVersion !== version || what !== "functions") throw new Refusal(400, "Path", path);
    const action = headers["x-acs-action"];
    const qualifier = url.searchParams.get("qualifier");
    switch (`${method} ${part}`) {
      case "POST ":
        return this.#create(Create.parse(JSON.parse(body.toString("utf8"))));
      case "GET ":
        if (name === "") return this.#list(url.searchParams.get("prefix") ?? "");
        return { status: 200, body: view(name, this.#named(name)) };
      case "DELETE ":
        this.#named(name);
        this.functions.delete(name);
        return { status: 204 };
      case "PUT async-invoke-config":
        AsyncConfig.parse(JSON.parse(body.toString("utf8")));
        if (qualifier !== "LATEST") throw new Refusal(400, "Qualifier", String(qualifier));
        this.#named(name).asyncTasks = true;
        return { status: 200, body: {} };
      case "POST invocations":
        return this.#invoke(name, headers, JSON.parse(body.toString("utf8")));
      case "GET async-tasks":
        return { status: 200, body: { taskId: item, ...this.#task(name, item) } };
      case "PUT async-tasks":
        if (last !== "stop") throw new Refusal(400, "Path", path);
        this.#task(name, item).status = "Stopped";
        return { status: 200, body: {} };
      default:
        throw new Refusal(400, "Path", `no ${method} ${path} (${action}) here`);
    }
  }

  #named(name: string): StubFcFunction {
    const fn = this.functions.get(name);
    if (fn !== undefined) return fn;
    throw new Refusal(404, "FunctionNotFound", `function '${name}' does not exist`);
  }

  #task(name: string, id: string): StubTask {
    const task = this.tasks.get(id);
    if (task?.functionName === name) return task;
    throw new Refusal(404, "AsyncTaskNotFound", `no task ${id}`);
  }

  #create({ code, ...settings }: z.infer<typeof Create>): WireAnswer {
    if (this.functions.has(settings.functionName)) {
      throw new Refusal(409, "FunctionAlreadyExists", settings.functionName);
    }
    const codeSha256 = sha256(Buffer.from(code.zipFile, "base64"));
    const fn = { settings, codeSha256, asyncTasks: false };
    this.functions.set(settings.functionName, fn);
    return { status: 200, body: view(settings.functionName, fn) };
  }

  #list(prefix: string): WireAnswer {
    const found = [...this.functions].filter(([name]) => name.startsWith(prefix));
    return { status: 200, body: { functions: found.map(([name, fn]) => view(name, fn)) } };
  }

  #invoke(name: string, headers: Readonly<Record<string, string>>, event: unknown): WireAnswer {
    const fn = this.#named(name);
    if (headers["x-fc-invocation-type"] === "Async") {
      const id = headers["x-fc-async-task-id"];
      if (id === undefined || !fn.asyncTasks) throw new Refusal(400, "NoTask", "no task id");
      if (this.tasks.has(id)) throw new Refusal(409, "StatefulAsyncInvocationAlreadyExists", id);
      this.tasks.set(id, { functionName: name, event, status: "Running" });
      return { status: 202 };
    }
    const said = this.behaviours.get(fn.codeSha256)?.(event);
    if (said === undefined) throw new Refusal(400, "NoCode", "unknown code");
    const log = Buffer.from("FC Invoke Start\n").toString("base64");
    return "returns" in said
      ? { status: 200, headers: { "x-fc-log-result": log }, body: said.returns }
      : {
          status: 200,
          headers: { "x-fc-log-result": log, "x-fc-error-type": "HandledInvocationError" },
          body: { errorMessage: said.throws, errorType: "Error" },
        };
  }
}

function view(name: string, { settings }: StubFcFunction) {
  return {
    ...settings,
    functionName: name,
    state: "Active",
    lastModifiedTime: "2026-11-20T09:00:00Z",
  };
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * ACS3-HMAC-SHA256, computed anew from what came over the wire:
 * https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
 */
function checkSignature({ method, path, headers, body }: WireRequest): void {
  const { authorization = "" } = headers;
  const pattern =
    /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/;
  const [, credential, signedHeaders = "", signature] = pattern.exec(authorization) ?? [];
  if (credential !== fcKeys.accessKeyId) {
    throw new Refusal(401, "InvalidAccessKeyId", `signed by ${credential}`);
  }
  const names = signedHeaders.split(";");
  for (const name of [
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-version",
  ]) {
    if (!names.includes(name)) throw new Refusal(401, "IncompleteSignature", `${name} not signed`);
  }
  if (headers["x-acs-version"] !== version) throw new Refusal(400, "Version", "wrong version");
  const payloadHash = sha256(body);
  if (headers["x-acs-content-sha256"] !== payloadHash) {
    throw new Refusal(401, "ContentSha256", "the body is not the one that was signed");
  }
  const [uri = "", query = ""] = path.split("?");
  const canonicalQuery = query.split("&").filter(Boolean).sort().join("&");
  const lines = names.map((name) => `${name}:${(headers[name] ?? "").trim()}\n`).join("");
  const canonical = [method, uri, canonicalQuery, lines, signedHeaders, payloadHash].join("\n");
  const toSign = `ACS3-HMAC-SHA256\n${sha256(Buffer.from(canonical))}`;
  const expected = createHmac("sha256", fcKeys.accessKeySecret).update(toSign).digest("hex");
  if (signature !== expected) throw new Refusal(401, "SignatureDoesNotMatch", canonical);
}
