import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { StubEcs } from "./stub-ecs.ts";
import { StubEvents } from "./stub-events.ts";
import { StubLambda } from "./stub-lambda.ts";
import { StubLogs } from "./stub-logs.ts";
import { StubRuleService, StubSchedulerService } from "./stub-mirrored.ts";
import {
  checkSignature,
  readRequest,
  type StubAnswer,
  StubRefusal,
  type StubRequest,
  type StubService,
} from "./stub-request.ts";
import { StubSecrets } from "./stub-secrets.ts";
import { StubSqs } from "./stub-sqs.ts";

/** How a request goes wrong, once. */
export type StubFault =
  /** This one goes well; a later one does not. */
  | { readonly kind: "none" }
  /** AWS says no; nothing is done. */
  | { readonly kind: "refuse"; readonly status: number; readonly code: string }
  /** The connection ends before anything is done. */
  | { readonly kind: "cut" }
  /** All is done, but the answer never arrives. */
  | { readonly kind: "apply-then-cut" }
  /** All is done, and the connection stays open without an answer. */
  | { readonly kind: "apply-then-silence" };

const serviceNames = [
  "sqs",
  "lambda",
  "events",
  "rules",
  "scheduler",
  "secrets",
  "logs",
  "ecs",
] as const;
export type StubServiceName = (typeof serviceNames)[number];

/**
 * SQS, Lambda, EventBridge with its rules and its scheduler, Secrets Manager, CloudWatch Logs and ECS
 * on one loopback port, as far as the control plane calls them. Each request is checked as AWS checks it; what AWS would refuse is also kept as a
 * violation, so that a test notices requests that only a bug sends.
 */
export interface AwsStub {
  readonly endpoint: string;
  readonly sqs: StubSqs;
  readonly lambda: StubLambda;
  readonly events: StubEvents;
  readonly rules: StubRuleService;
  readonly scheduler: StubSchedulerService;
  readonly secrets: StubSecrets;
  readonly logs: StubLogs;
  readonly ecs: StubEcs;
  /** How long each service takes to answer; nothing unless it is set. */
  readonly latencyMs: Record<StubServiceName, number>;
  /** Connections that were ever opened. */
  readonly connections: number;
  /** Requests that AWS would have refused. */
  readonly violations: string[];
  /** The next request to a service goes wrong; several faults go wrong one after the other. */
  fail(service: StubServiceName, ...faults: readonly StubFault[]): void;
  close(): Promise<void>;
}

export const throttled: StubFault = {
  kind: "refuse",
  status: 429,
  code: "TooManyRequestsException",
};
export const brokenDown: StubFault = { kind: "refuse", status: 500, code: "InternalError" };

export async function startAwsStub(): Promise<AwsStub> {
  const services = {
    sqs: new StubSqs(),
    lambda: new StubLambda(),
    events: new StubEvents(),
    rules: new StubRuleService(),
    scheduler: new StubSchedulerService(),
    secrets: new StubSecrets(),
    logs: new StubLogs(),
    ecs: new StubEcs(),
  };
  const faults = new Map<StubService, StubFault[]>();
  const violations: string[] = [];
  const latencyMs: Record<StubServiceName, number> = {
    sqs: 0,
    lambda: 0,
    events: 0,
    rules: 0,
    scheduler: 0,
    secrets: 0,
    logs: 0,
    ecs: 0,
  };
  const server = createServer(async (message, response) => {
    const request = await readRequest(message);
    const name = serviceNames.find((each) => services[each].owns(request));
    const service = name === undefined ? undefined : services[name];
    if (name === undefined || service === undefined) {
      violations.push(`no service for ${request.method} ${request.path}`);
      send(response, { status: 404, body: { message: "no such service" } });
      return;
    }
    const fault = faults.get(service)?.shift();
    if (fault?.kind === "cut") return void response.destroy();
    if (fault?.kind === "refuse")
      return send(response, refusal(fault.code, "injected", fault.status));
    const answer = answerChecked(service, request, violations);
    if (latencyMs[name] > 0) await delay(latencyMs[name]);
    if (fault?.kind === "apply-then-cut") return void response.destroy();
    if (fault?.kind !== "apply-then-silence") send(response, answer);
  });
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return {
    ...services,
    endpoint: `http://127.0.0.1:${address.port}`,
    latencyMs,
    get connections() {
      return connections;
    },
    violations,
    fail(name, ...more) {
      const service = services[name];
      faults.set(service, [...(faults.get(service) ?? []), ...more]);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function answerChecked(
  service: StubService,
  request: StubRequest,
  violations: string[],
): StubAnswer {
  try {
    checkSignature(request, service.signingName);
    return service.answer(request);
  } catch (error) {
    if (!(error instanceof StubRefusal)) throw error;
    // What does not exist, or does already, is for the caller to find out; the rest is our own mistake.
    if (error.code !== "ResourceNotFoundException" && error.code !== "ConflictException") {
      violations.push(`${service.signingName}: ${error.code}: ${error.message}`);
    }
    return refusal(error.code, error.message, error.status);
  }
}

function refusal(code: string, message: string, status: number): StubAnswer {
  return {
    status,
    headers: { "x-amzn-errortype": code },
    body: { __type: code, message, Message: message },
  };
}

function send(response: ServerResponse, { status, headers, body }: StubAnswer): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0", ...headers });
  response.end(body === undefined ? "" : JSON.stringify(body));
}
