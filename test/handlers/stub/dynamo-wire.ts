import { once } from "node:events";
import { Agent, createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { checkSignature, readRequest, type StubRequest } from "./stub-request.ts";

/** One call that went through. */
export interface WireCall {
  /** For example "PutItem". */
  readonly action: string;
  readonly status: number;
  /** As the server reports it, indexes included; nothing for refused calls. */
  readonly capacityUnits: number;
  readonly kind: "read" | "write" | "other";
}

export type WireFault =
  | "throttle"
  | "cut"
  | "apply-then-cut"
  /** Of a PutItem: answered as if another writer had come first. */
  | "lose";

/** A listener between the functions and the DynamoDB server: counts calls and breaks some. */
export interface DynamoWire {
  readonly endpoint: string;
  /** How long actions take to answer; nothing unless it is set. */
  readonly latencyMs: Map<string, number>;
  /** Calls since the last time of asking. */
  take(): readonly WireCall[];
  /** The next call of an action goes wrong. */
  fail(action: string, ...faults: readonly WireFault[]): void;
  close(): Promise<void>;
}

const writes: ReadonlySet<string> = new Set([
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "TransactWriteItems",
]);
const reads: ReadonlySet<string> = new Set(["GetItem", "BatchGetItem", "Query"]);

export async function startDynamoWire(target: string): Promise<DynamoWire> {
  const agent = new Agent({ keepAlive: true });
  const faults = new Map<string, WireFault[]>();
  let calls: WireCall[] = [];
  const latencyMs = new Map<string, number>();
  const server = createServer(async (message, response) => {
    const request = await readRequest(message);
    checkSignature(request, "dynamodb");
    const action = request.headers["x-amz-target"]?.split(".").at(-1) ?? "";
    const fault = faults.get(action)?.shift();
    if (fault === "cut") return void response.destroy();
    if (fault === "throttle") {
      const body = { __type: "com.amazonaws.dynamodb.v20120810#ThrottlingException" };
      response.writeHead(400, { "content-type": "application/x-amz-json-1.0" });
      return void response.end(JSON.stringify(body));
    }
    if (fault === "lose") {
      const body = await lostRace(agent, target, request);
      response.writeHead(400, { "content-type": "application/x-amz-json-1.0" });
      return void response.end(JSON.stringify(body));
    }
    const [answer] = await Promise.all([
      forward(agent, target, request),
      latencyMs.has(action) ? delay(latencyMs.get(action)) : undefined,
    ]);
    calls.push(callOf(action, answer.status, answer.body));
    if (fault === "apply-then-cut") return void response.destroy();
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    latencyMs,
    take() {
      const taken = calls;
      calls = [];
      return taken;
    },
    fail(action, ...more) {
      faults.set(action, [...(faults.get(action) ?? []), ...more]);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, "close");
    },
  };
}

async function forward(agent: Agent, target: string, request: StubRequest) {
  const outgoing = httpRequest(target, {
    agent,
    method: request.method,
    path: request.path,
    headers: request.headers,
  });
  outgoing.end(request.body);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

const Put = z.object({
  TableName: z.string(),
  Item: z.looseObject({ pk: z.unknown(), sk: z.unknown() }),
});

/** What DynamoDB says of a failed condition: the item that is there. */
async function lostRace(agent: Agent, target: string, request: StubRequest): Promise<object> {
  const { TableName, Item: item } = Put.parse(JSON.parse(request.body));
  const body = JSON.stringify({ TableName, Key: { pk: item.pk, sk: item.sk } });
  const headers = {
    ...request.headers,
    "x-amz-target": "DynamoDB_20120810.GetItem",
    "content-length": String(Buffer.byteLength(body)),
  };
  const answer = await forward(agent, target, { ...request, headers, body });
  return {
    __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
    message: "The conditional request failed",
    Item: JSON.parse(answer.body).Item,
  };
}

const Capacity = z.object({ CapacityUnits: z.number() });
const Consumed = z.object({ ConsumedCapacity: z.union([Capacity, z.array(Capacity)]).optional() });

function callOf(action: string, status: number, body: string): WireCall {
  const { ConsumedCapacity: consumed = [] } = Consumed.parse(JSON.parse(body));
  const parts = Array.isArray(consumed) ? consumed : [consumed];
  const capacityUnits = parts.reduce((sum, part) => sum + part.CapacityUnits, 0);
  const kind = writes.has(action) ? "write" : reads.has(action) ? "read" : "other";
  return { action, status, capacityUnits, kind };
}
