import { createHash } from "node:crypto";
import type { Hono } from "hono";
import { expect } from "vitest";
import { openHolidays } from "../../functions/adapters/holidays.ts";
import { openMemorySigningKeys } from "../../functions/adapters/local/signing-keys.ts";
import { openMemoryStore } from "../../functions/adapters/memory/memory-store.ts";
import { createApi } from "../../functions/api/app.ts";
import type { ApiDeps } from "../../functions/api/deps.ts";
import { openLocalDeployer } from "../../functions/deploy/local-deployer.ts";
import { lookAtInstances } from "../../functions/dispatch/look-at-instance.ts";
import { recordReports } from "../../functions/reports/record-reports.ts";
import { openDefinitions } from "../../functions/runtime/definitions.ts";
import type { RunningEngine } from "../../functions/runtime/engine.ts";
import { openGateSource } from "../../functions/runtime/gate-source.ts";
import type { RoutingSource } from "../../functions/runtime/routing-source.ts";
import { openIds } from "../../functions/runtime/system-ports.ts";
import type { Problem } from "../../shared/contract/http/views.ts";
import { keys } from "../../shared/contract/keys.ts";
import type { ErrorCode } from "../../shared/core/error-codes.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { AttemptRef, AttemptReport, Backend } from "../../shared/ports/backend.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { LogFields } from "../../shared/ports/log.ts";
import type { Store } from "../../shared/ports/store.ts";
import { priceBy } from "../../shared/pricing/price-run.ts";
import type { BackendCapabilities } from "../../shared/routing/backend-capabilities.ts";
import { backendFacts } from "../fixtures/backend-facts.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import { openMemoryPayloads } from "../fixtures/memory-payloads.ts";
import { openRecordingPlatform } from "../fixtures/recording-platform.ts";

export const yardBackend: BackendCapabilities = backendFacts({
  name: "local",
  type: "serverless",
  targets: ["function"],
  timeoutSecondsMax: 900,
  memoryMbMax: 1_024,
  inputBytesMax: 200_000,
  startIsIdempotent: true,
  reportsStart: false,
});

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed when it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form.
  readonly body: any;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly rawBody?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: TenantContext;
}

export const admin: TenantContext = { tenant: "acme", actor: "ada", role: "admin" };
export const stranger: TenantContext = { tenant: "evil", actor: "eve", role: "admin" };

export interface YardOptions extends Partial<Omit<ApiDeps, "engine">> {
  readonly wrapStore?: (store: Store) => Store;
  readonly routing?: RoutingSource;
}

/** The whole control plane over the memory store, with a clock that stands still. */
export class Yard {
  readonly store = openMemoryStore();
  readonly hints: Hint[] = [];
  readonly payloads = openMemoryPayloads();
  readonly platform = openRecordingPlatform();
  readonly stopped: AttemptRef[] = [];
  readonly logged: { readonly level: string; readonly fields: LogFields | undefined }[] = [];
  readonly engine: RunningEngine;
  readonly api: Hono;
  now = Date.parse("2026-11-20T09:00:00.000Z");

  constructor({
    wrapStore = (store) => store,
    routing = fixedRouting([yardBackend]),
    ...deps
  }: YardOptions = {}) {
    const store = wrapStore(this.store);
    const log = (level: string) => (_: string, fields?: LogFields) => {
      this.logged.push({ level, fields });
    };
    this.engine = {
      store,
      clock: { now: () => this.now },
      random: { next: () => 0.5 },
      ids: openIds(),
      log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
      hints: {
        send: async (sent) => {
          this.hints.push(...sent);
        },
      },
      definitions: openDefinitions(store),
      routing,
      gates: openGateSource({ store, clock: { now: () => this.now } }),
      payloads: this.payloads,
      holidays: openHolidays(),
      backends: new Map([["local", acceptingBackend(this.stopped)]]),
    };
    this.api = createApi({
      authenticate: (request) => JSON.parse(request.headers.get("x-caller") ?? "null"),
      health: async () => ({ store: { state: "ok" } }),
      webhooks: {
        reach: { loopback: false },
        keys: openMemorySigningKeys(),
        ping: async () => ({ status: 204, durationMs: 3 }),
      },
      deployer: openLocalDeployer({
        ...this.engine,
        payloads: this.payloads,
        platform: this.platform,
        sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
      }),
      ...deps,
      engine: this.engine,
    });
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const { body, rawBody, headers = {}, as = admin } = options;
    const sent = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await this.api.request(path, {
      method,
      ...(sent === undefined ? {} : { body: sent, duplex: "half" as const }),
      headers: {
        "x-caller": JSON.stringify(as),
        ...(sent === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== "" ? JSON.parse(text) : undefined,
    };
  }

  /** Brings all hints so far to the dispatcher. */
  async dispatch(): Promise<void> {
    const failed = await lookAtInstances(this.engine, this.hints.splice(0));
    expect(failed).toEqual([]);
  }

  /** Has the instance's newest attempt report. */
  async report(instanceId: string, report: Partial<AttemptReport>): Promise<void> {
    const { tenant, attempts } = await this.instance(instanceId);
    const attempt = attempts.at(-1);
    const from = { tenant, instanceId, attemptId: attempt?.id, token: attempt?.token };
    const recorded = await recordReports(this.engine, [{ ...from, ...report } as AttemptReport]);
    expect(recorded.map(({ result }) => result.outcome)).toEqual(["changed"]);
  }

  async instance(id: string, tenant = admin.tenant): Promise<Instance> {
    const record = await this.store.get(keys.instance(tenant, id));
    if (record === undefined) throw new Error(`no instance ${id}`);
    return record.body as unknown as Instance;
  }
}

export function openYard(options: YardOptions = {}): Yard {
  return new Yard(options);
}

function acceptingBackend(stopped: AttemptRef[]): Backend {
  return {
    capabilities: yardBackend,
    start: async () => ({ outcome: "accepted", externalId: "run-1" }),
    stop: async (attempt) => {
      stopped.push(attempt);
    },
    inspect: async () => "unknown",
    price: priceBy({ model: "free" }),
  };
}

export const simpleTask = { run: { function: { module: "hello.mjs" } } } as const;

/** Defines a task and answers its view. */
export async function define(yard: Yard, name: string, spec: object = simpleTask): Promise<Reply> {
  const reply = await yard.call("PUT", `/v1/tasks/${name}`, { body: spec });
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply;
}

/** Submits and answers the instance's id. */
export async function submit(
  yard: Yard,
  submission: Readonly<Record<string, unknown>>,
  as: TenantContext = admin,
): Promise<string> {
  const reply = await yard.call("POST", "/v1/instances", { body: submission, as });
  expect(reply.status, reply.text).toBe(202);
  return String(reply.body.id);
}

/** Everything stored, as text, to compare before and after. */
export function contents(yard: Yard): string {
  return JSON.stringify([...yard.store.all()]);
}

/** The answer is a problem of this code, whole and in step with the table. */
export function expectProblem(reply: Reply, status: number, code: ErrorCode): Problem {
  expect({ status: reply.status, code: reply.body?.code }, reply.text).toEqual({ status, code });
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  expect(reply.body.status).toBe(status);
  expect(reply.body.type).toBe(`/v1/docs/errors#${code}`);
  expect(reply.body.detail).not.toBe("");
  return reply.body;
}
