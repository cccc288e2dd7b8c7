import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { openHolidays } from "../../functions/adapters/holidays.ts";
import { openMemoryPayloads } from "../../functions/adapters/local/file-payloads.ts";
import { openMemorySigningKeys } from "../../functions/adapters/local/signing-keys.ts";
import { type MemoryStore, openMemoryStore } from "../../functions/adapters/memory/memory-store.ts";
import { createApi } from "../../functions/api/app.ts";
import { openLocalDeployer } from "../../functions/deploy/local-deployer.ts";
import { lookAtInstances } from "../../functions/dispatch/look-at-instance.ts";
import { InstanceWatch } from "../../functions/local/instance-watch.ts";
import { openPoolBackend } from "../../functions/pools/pool-backend.ts";
import { recordReports } from "../../functions/reports/record-reports.ts";
import { openDefinitions } from "../../functions/runtime/definitions.ts";
import type { RunningEngine } from "../../functions/runtime/engine.ts";
import { openGateSource } from "../../functions/runtime/gate-source.ts";
import { silentLog } from "../../functions/runtime/json-log.ts";
import type { RoutingSource } from "../../functions/runtime/routing-source.ts";
import { openIds, systemClock, systemRandom } from "../../functions/runtime/system-ports.ts";
import type { JsonValue } from "../../shared/core/json.ts";
import { outputIdOf } from "../../shared/core/payload-ref.ts";
import type { AttemptOrder, AttemptReport, Backend } from "../../shared/ports/backend.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import { priceBy } from "../../shared/pricing/price-run.ts";
import { backendFacts } from "../fixtures/backend-facts.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import { openRecordingPlatform } from "../fixtures/recording-platform.ts";

/** What a task of the test yard does with an attempt; nothing = it goes on until `finish`. */
export type Behaviour = (order: AttemptOrder) => AttemptEnd | undefined;
export type AttemptEnd =
  | { readonly output: JsonValue; readonly log?: string }
  /** An output that the task puts where large ones go, as JSON text. */
  | { readonly putAway: string }
  | { readonly error: string };

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface YardServer {
  readonly url: string;
  readonly engine: RunningEngine;
  readonly store: MemoryStore;
  /** Every request that reached the application. */
  readonly requests: SeenRequest[];
  requestsTo(path: string): readonly SeenRequest[];
  /** Ends an attempt that was left going on. */
  finish(instanceId: string, end: AttemptEnd): Promise<void>;
  /** Resolves with the attempt's order once the instance was started. */
  started(instanceId: string): Promise<AttemptOrder>;
  close(): Promise<void>;
}

export interface YardOptions {
  readonly behaviour?: Behaviour;
  /** False: like a host on Lambda, which answers waiting requests at once. */
  readonly canWait?: boolean;
  /** Sees each request before the application does; may answer in its place or after it. */
  readonly intercept?: (
    request: Request,
    pass: () => Promise<Response>,
  ) => Response | Promise<Response>;
  readonly recordRequests?: boolean;
  /** What routing goes by; default: the one backend, and rules that match nothing. */
  readonly routing?: RoutingSource;
}

/** The real API over the memory store on a free port, with a backend that tests script. */
export async function openYardServer(options: YardOptions = {}): Promise<YardServer> {
  const store = openMemoryStore({ feedKept: 1 });
  const orders = new Map<string, AttemptOrder>();
  const starts = new Map<string, (order: AttemptOrder) => void>();
  const backend = scriptedBackend((order) => {
    orders.set(order.instanceId, order);
    starts.get(order.instanceId)?.(order);
    const end = options.behaviour?.(order);
    if (end !== undefined) setImmediate(() => void report(order, end));
  });
  let listensAt: (url: string) => void = () => undefined;
  const listening = new Promise<string>((resolve) => {
    listensAt = resolve;
  });
  const payloads = openMemoryPayloads({
    clock: systemClock,
    ids: openIds(),
    server: () => listening,
  });
  const engine = composeEngine(store, backend, payloads, options.routing);
  const report = async (order: AttemptOrder, end: AttemptEnd): Promise<unknown> =>
    recordReports(engine, [await reportOf(order, end)]);
  const watch = new InstanceWatch();
  store.watch((changes) => watch.notify(changes));
  const api = createApi({
    engine,
    payloadDoor: payloads,
    webhooks: {
      reach: { loopback: false },
      keys: openMemorySigningKeys(),
      ping: async () => ({ status: 503, durationMs: 3 }),
    },
    deployer: openLocalDeployer({
      ...engine,
      payloads,
      platform: openRecordingPlatform(),
      sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
    }),
    authenticate: () => ({ tenant: "default", actor: "tester", role: "admin" }),
    health: async () => ({ store: { state: "ok", kind: "memory" } }),
    ...(options.canWait === false ? {} : { watch }),
  });
  const requests: SeenRequest[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    if (options.recordRequests !== false) requests.push(await seen(request));
    const pass = async (): Promise<Response> => api.fetch(request);
    return options.intercept === undefined ? pass() : options.intercept(request, pass);
  };
  const server = createAdaptorServer({ fetch });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  listensAt(url);
  return {
    url,
    engine,
    store,
    requests,
    requestsTo: (path) => requests.filter((request) => request.path === path),
    async finish(instanceId, end) {
      const order = orders.get(instanceId);
      if (order === undefined) throw new Error(`${instanceId} was not started`);
      await report(order, end);
    },
    started: (instanceId) =>
      new Promise((resolve) => {
        const order = orders.get(instanceId);
        if (order === undefined) starts.set(instanceId, resolve);
        else resolve(order);
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

function composeEngine(
  store: MemoryStore,
  backend: Backend,
  payloads: Payloads,
  routing: RoutingSource = fixedRouting([backend.capabilities]),
): RunningEngine {
  const engine: RunningEngine = {
    store,
    clock: systemClock,
    random: systemRandom,
    ids: openIds(),
    log: silentLog,
    hints: {
      async send(hints) {
        for (const hint of hints) {
          const delayMs = Math.max(0, (hint.notBeforeMs ?? 0) - Date.now());
          setTimeout(() => void lookAtInstances(engine, [hint]), delayMs).unref();
        }
      },
    },
    definitions: openDefinitions(store),
    routing,
    gates: openGateSource({ store, clock: systemClock }),
    holidays: openHolidays(),
    payloads,
    backends: new Map([[backend.capabilities.name, backend]]),
    pools: openPoolBackend({
      ...{ store, clock: systemClock, log: silentLog },
      doorbells: { ring: async () => undefined },
    }),
  };
  return engine;
}

/** Of the one backend whose attempts end as tests say. */
export const yardBackendFacts = backendFacts({
  name: "local",
  type: "traditional",
  targets: ["function"],
  timeoutSecondsMax: 86_400,
  memoryMbMax: 4_096,
  inputBytesMax: 10_000_000,
  startIsIdempotent: true,
  reportsStart: false,
});

function scriptedBackend(onStart: (order: AttemptOrder) => void): Backend {
  return {
    capabilities: yardBackendFacts,
    async start(order) {
      onStart(order);
      return { outcome: "accepted" };
    },
    stop: async () => undefined,
    inspect: async () => "running",
    price: priceBy({ model: "free" }),
  };
}

async function reportOf(order: AttemptOrder, end: AttemptEnd): Promise<AttemptReport> {
  const { tenant, instanceId, attemptId, token } = order;
  const who = { tenant, instanceId, attemptId, token };
  const usage = { durationMs: 12 };
  if ("putAway" in end) {
    const { putAway: body } = end;
    const headers = { "if-none-match": "*" };
    await fetch(order.outputUrl ?? "", { method: "PUT", headers, body });
    const sha256 = createHash("sha256").update(body).digest("hex");
    const outputRef = { id: outputIdOf(attemptId), bytes: Buffer.byteLength(body), sha256 };
    return { ...who, kind: "succeeded", usage, outputRef };
  }
  return "output" in end
    ? { ...who, kind: "succeeded", usage, ...end }
    : { ...who, kind: "failed", usage, error: { class: "error", message: end.error } };
}

async function seen(request: Request): Promise<SeenRequest> {
  const isJson = request.headers.get("content-type")?.startsWith("application/json") === true;
  const text = isJson && request.body !== null ? await request.clone().text() : "";
  return {
    method: request.method,
    path: new URL(request.url).pathname,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

/** Instances that the store holds. */
export function instancesIn(store: MemoryStore): number {
  return [...store.all()].filter(({ type }) => type === "instance").length;
}

/** Runs at once and echoes its input. */
export const echo: Behaviour = (order) => ({ output: order.input ?? null });

/** The least definition of a task. */
export const plainTask = { run: { function: { module: "task.mjs" } } } as const;
