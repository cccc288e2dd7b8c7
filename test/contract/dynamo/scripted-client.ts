import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { awsClientDefaults } from "../../../functions/adapters/aws/aws-call.ts";
import {
  type DynamoStoreOptions,
  openDynamoStore,
} from "../../../functions/adapters/aws/dynamo/dynamo-store.ts";
import type { Item } from "../../../functions/adapters/aws/dynamo/item-size.ts";
import type { Pace } from "../../../functions/adapters/aws/dynamo/table-access.ts";
import { countingMeter } from "./local-dynamo.ts";

/** A request as the SDK's serialiser put it on the wire. */
export interface SentRequest {
  /** For example "PutItem". */
  readonly action: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into requests of every shape.
  readonly input: any;
}

/** What the wire answers: an HTTP answer, or an error of the connection. */
export type WireAnswer =
  | { readonly status: number; readonly body: object }
  | { readonly connection: "ECONNRESET" | "ECONNREFUSED" };

export const ok = (body: object = {}): WireAnswer => ({ status: 200, body });

export function refused(name: string, more: object = {}, status = 400): WireAnswer {
  const type = `com.amazonaws.dynamodb.v20120810#${name}`;
  return { status, body: { __type: type, message: `${name} says the wire`, ...more } };
}

/** An item as JSON on the wire: binary in base64. */
export function wireItem(item: Item): object {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      value.B === undefined ? value : { B: Buffer.from(value.B).toString("base64") },
    ]),
  );
}

/** Answers in the order given; one request too many fails the test. */
export function inTurn(...answers: readonly WireAnswer[]) {
  const left = [...answers];
  return (request: SentRequest): WireAnswer => {
    const next = left.shift();
    if (next === undefined) throw new TypeError(`unexpected ${request.action}`);
    return next;
  };
}

function handlerFor(answer: (request: SentRequest) => WireAnswer, sent: SentRequest[]) {
  return {
    handle(request: { headers: Record<string, string>; body: Uint8Array }) {
      const target = request.headers["x-amz-target"] ?? "";
      const seen = {
        action: target.split(".").at(-1) ?? "",
        input: JSON.parse(new TextDecoder().decode(request.body)),
      };
      sent.push(seen);
      const given = answer(seen);
      if ("connection" in given) {
        const error = Object.assign(new Error(given.connection), { code: given.connection });
        return Promise.reject(error);
      }
      const headers = { "content-type": "application/x-amz-json-1.0" };
      const body = Buffer.from(JSON.stringify(given.body));
      return Promise.resolve({ response: { statusCode: given.status, headers, body } });
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

/** Time that passes only while the adapter sleeps or a test moves it, and jitter that is always half. */
export function steppedPace() {
  let nowMs = 0;
  const sleptMs: number[] = [];
  const pace: Pace = {
    clock: { now: () => nowMs },
    random: { next: () => 0.5 },
    sleep: (delayMs) => {
      sleptMs.push(delayMs);
      nowMs += delayMs;
      return Promise.resolve();
    },
  };
  return {
    pace,
    sleptMs,
    advance: (byMs: number) => {
      nowMs += byMs;
    },
  };
}

/** The real adapter and the real SDK on a wire that answers what the test says. */
export function scriptedStore(
  answer: (request: SentRequest) => WireAnswer,
  clientOptions: { readonly maxAttempts?: number } = {},
) {
  const sent: SentRequest[] = [];
  const requestHandler = handlerFor(answer, sent) as unknown as NonNullable<
    DynamoDBClientConfig["requestHandler"]
  >;
  const settings = {
    ...awsClientDefaults,
    ...clientOptions,
    requestHandler,
    endpoint: "http://127.0.0.1:1",
    region: "eu-central-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  };
  const time = steppedPace();
  const meter = countingMeter();
  const options: DynamoStoreOptions = {
    client: new DynamoDBClient(settings),
    streams: new DynamoDBStreamsClient(settings),
    tableName: "switchyard-test",
    meter,
    pace: time.pace,
  };
  return { store: openDynamoStore(options), options, sent, meter, ...time };
}
