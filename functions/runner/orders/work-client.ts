import type * as z from "zod";
import { badAnswer } from "../../../client/sdk/answer-errors.ts";
import { systemClientClock } from "../../../client/sdk/client-clock.ts";
import { openNodeTransport } from "../../../client/sdk/node-transport.ts";
import { type ApiRequest, jsonOf, RequestSender } from "../../../client/sdk/request-sender.ts";
import { retryDefaults } from "../../../client/sdk/retry-schedule.ts";
import {
  type BeginRequest,
  CompleteAnswer,
  HeartbeatAnswer,
  LeaseAnswer,
  type LeaseRequest,
  WorkerRegistered,
  type WorkerRegistration,
  WorkOrder,
} from "../../../shared/contract/http/work.ts";
import type { OrderClient } from "./order-client.ts";
import type { RunnerCredentials } from "./runner-credentials.ts";

/** The whole worker protocol over HTTP; every call is one try. */
export interface WorkClient extends OrderClient {
  begin(attemptId: string, request: BeginRequest): Promise<WorkOrder>;
  register(
    pool: string,
    worker: string,
    registration: z.input<typeof WorkerRegistration>,
  ): Promise<WorkerRegistered>;
  /** Aborting the signal ends the wait; what was handed out meanwhile is handed out again. */
  lease(
    pool: string,
    request: z.input<typeof LeaseRequest>,
    signal: AbortSignal,
  ): Promise<LeaseAnswer>;
  drain(pool: string, worker: string): Promise<void>;
  remove(pool: string, worker: string): Promise<void>;
  close(): void;
}

const requestMsMax = 30_000;
/** The clocks of servers are told to the second. */
const clockNoiseMs = 2_000;

/** Opens the client of one control plane. */
export function openWorkClient(url: string, { headers, sign }: RunnerCredentials): WorkClient {
  const transport = openNodeTransport();
  const closing = new AbortController();
  let aheadMs = 0;
  const sender = new RequestSender({
    url: url.replace(/\/+$/, ""),
    transport,
    headers,
    sign,
    retry: { ...retryDefaults, attemptsMax: 1 },
    requestTimeoutMs: requestMsMax,
    clock: systemClientClock,
    closing: closing.signal,
  });
  const send = async (request: Omit<ApiRequest, "repeatable">): Promise<unknown> => {
    const answer = await sender.sendOnce({ ...request, repeatable: true });
    const dateMs = Date.parse(answer.header("date") ?? "");
    const offMs = dateMs + 500 - Date.now();
    if (Number.isFinite(offMs)) aheadMs = Math.abs(offMs) > clockNoiseMs ? offMs : 0;
    return jsonOf(answer);
  };
  const post = (path: string, body: object, more: Partial<ApiRequest> = {}) =>
    send({ method: "POST", path, body: JSON.stringify(body), ...more });
  return {
    begin: async (attemptId, request) =>
      read(WorkOrder, await post(attemptPath(attemptId, "begin"), request)),
    heartbeat: async (attemptId, request, timeoutMs) =>
      read(
        HeartbeatAnswer,
        await post(attemptPath(attemptId, "heartbeat"), request, { timeoutMs }),
      ),
    complete: async (attemptId, request) =>
      read(CompleteAnswer, await post(attemptPath(attemptId, "complete"), request)),
    register: async (pool, worker, registration) =>
      read(
        WorkerRegistered,
        await send({
          method: "PUT",
          path: workerPath(pool, worker),
          body: JSON.stringify(registration),
        }),
      ),
    lease: async (pool, request, signal) => {
      const timeoutMs = requestMsMax + (request.waitSeconds ?? 0) * 1_000;
      const path = `/v1/pools/${encodeURIComponent(pool)}/lease`;
      return read(LeaseAnswer, await post(path, request, { timeoutMs, signal }));
    },
    drain: async (pool, worker) =>
      void (await send({ method: "POST", path: `${workerPath(pool, worker)}/drain` })),
    remove: async (pool, worker) =>
      void (await send({ method: "DELETE", path: workerPath(pool, worker) })),
    clockAheadMs: () => aheadMs,
    close: () => {
      closing.abort(new Error("the client was closed"));
      transport.close();
    },
  };
}

/** What is not as agreed comes from somebody else than a control plane. */
function read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badAnswer(200, `the answer is not as agreed: ${issue?.path.join(".")}: ${issue?.message}`);
}

function attemptPath(attemptId: string, action: string): string {
  return `/v1/attempts/${encodeURIComponent(attemptId)}/${action}`;
}

function workerPath(pool: string, worker: string): string {
  return `/v1/pools/${encodeURIComponent(pool)}/workers/${encodeURIComponent(worker)}`;
}
