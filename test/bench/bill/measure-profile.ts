import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { type Item, itemBytes } from "../../../functions/adapters/aws/dynamo/item-size.ts";
import type { FunctionName } from "../../../shared/contract/env.ts";
import { tableAttributes, tableIndexes } from "../../../shared/contract/table.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { UnitCounts } from "../../../shared/pricing/bill.ts";
import { indexRowBytes } from "../../../shared/pricing/capacity-units.ts";
import type { Deployment } from "../../handlers/deployment.ts";
import {
  destinationRecord,
  httpEvent,
  type InvocationEnd,
  sqsEvent,
  streamEvent,
} from "../../handlers/lambda-events.ts";
import type { WireCall } from "../../handlers/stub/dynamo-wire.ts";
import {
  accessLogLine,
  changesPerBatch,
  logEventOverheadBytes,
  memoryMb,
  memoryMbOfOneProcessor,
  messagesPerBatch,
  type Profile,
  storedItemOverheadBytes,
} from "./assumptions.ts";
import type { FunctionProcess } from "./function-process.ts";

/** What one function used for all instances of a profile. */
export interface FunctionUse {
  readonly name: FunctionName;
  readonly invocations: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  /** With the processor's share that the function's memory buys. */
  readonly billedMs: number;
  readonly logBytes: number;
  /** Consumed capacity by action: calls and units. */
  readonly table: Readonly<
    Record<string, { readonly calls: number; readonly units: number; readonly kind: string }>
  >;
}

export interface ProfileUse {
  readonly profile: Profile;
  readonly functions: readonly FunctionUse[];
  readonly counts: UnitCounts;
  /** Of a finished instance, index row and overheads included. */
  readonly storedBytes: number;
}

type Processes = ReadonlyMap<FunctionName, FunctionProcess>;

/** Runs the instances of a profile step by step through the functions and counts everything paid for. */
export async function measureProfile(
  deployment: Deployment,
  processes: Processes,
  profile: Profile,
): Promise<ProfileUse> {
  const { stub, stream, wire } = deployment;
  await stream.take();
  stub.events.take();
  const sqsBefore = stub.sqs.requests;
  const calls = new Map<FunctionName, WireCall[]>();
  const call = async (name: FunctionName, event: unknown) => {
    wire.take();
    await processes.get(name)?.invoke(event);
    calls.set(name, [...(calls.get(name) ?? []), ...wire.take()]);
  };
  const sent = { apiRequests: 0, messages: 0, batches: 0 };
  for (let done = 0; done < profile.instances; done += profile.together) {
    const requests = requestsOf(profile);
    for (const request of requests) await call("api", request);
    const hints = stub.sqs.take(deployment.dispatchQueueUrl).map(({ body }) => body);
    const hintBatches = inBatches(hints, messagesPerBatch);
    for (const bodies of hintBatches) await call("dispatch", sqsEvent(bodies, "dispatch"));
    const records = stub.lambda.take().map((run) => destinationRecord(run, success));
    const recordBatches = inBatches(records, messagesPerBatch);
    for (const bodies of recordBatches) await call("complete", sqsEvent(bodies, "completion"));
    const changes = inBatches(await stream.take(), changesPerBatch);
    for (const batch of changes) await call("observe", streamEvent(batch));
    sent.apiRequests += requests.length;
    sent.messages += records.length;
    sent.batches += hintBatches.length + recordBatches.length;
  }
  if (sent.messages !== profile.instances) {
    throw new Error(`${profile.name}: only ${sent.messages} of ${profile.instances} were run`);
  }
  const functions = [...calls].map(([name, table]) => useOf(name, processes.get(name), table));
  const storedBytes = await storedBytesOfInstance(deployment);
  // What the functions sent, what Lambda sent to the completion queue, and for each batch of both
  // queues one request to receive it and one to delete it.
  const sqsRequests = stub.sqs.requests - sqsBefore + sent.messages + 2 * sent.batches;
  const { instances } = profile;
  const { apiRequests } = sent;
  const events = stub.events.take().length;
  const counted = { functions, storedBytes, instances, apiRequests, sqsRequests, events };
  return { profile, functions, storedBytes, counts: countsOf(counted) };
}

const success: InvocationEnd = { kind: "success", payload: { ok: true } };

function requestsOf({ together, perRequest }: Profile): readonly object[] {
  const submission = (index: number) => ({
    task: "resize",
    input: { picture: `cat-${index}.jpg` },
  });
  return Array.from({ length: Math.ceil(together / perRequest) }, (_, request) => {
    const items = Array.from({ length: perRequest }, (__, item) =>
      submission(request * perRequest + item),
    );
    return perRequest === 1
      ? httpEvent({ method: "POST", path: "/v1/instances", body: items[0] })
      : httpEvent({ method: "POST", path: "/v1/instances/batch", body: { items } });
  });
}

function inBatches<Value>(values: readonly Value[], size: number): readonly (readonly Value[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

function useOf(
  name: FunctionName,
  process: FunctionProcess | undefined,
  calls: readonly WireCall[],
): FunctionUse {
  const invocations = process?.takeCalls() ?? [];
  const stretch = Math.max(1, memoryMbOfOneProcessor / memoryMb[name]) - 1;
  const table: Record<string, { calls: number; units: number; kind: string }> = {};
  for (const { action, capacityUnits, kind } of calls) {
    const entry = table[action] ?? { calls: 0, units: 0, kind };
    table[action] = { calls: entry.calls + 1, units: entry.units + capacityUnits, kind };
  }
  const { lines, bytes } = process?.takeLog() ?? { lines: 0, bytes: 0 };
  return {
    name,
    invocations: invocations.length,
    cpuMs: sum(invocations.map(({ cpuMs }) => cpuMs)),
    wallMs: sum(invocations.map(({ wallMs }) => wallMs)),
    billedMs: sum(invocations.map(({ wallMs, cpuMs }) => Math.ceil(wallMs + cpuMs * stretch))),
    logBytes: bytes + lines * logEventOverheadBytes,
    table,
  };
}

interface Counted {
  readonly functions: readonly FunctionUse[];
  readonly storedBytes: number;
  readonly instances: number;
  readonly apiRequests: number;
  readonly sqsRequests: number;
  readonly events: number;
}

function countsOf(counted: Counted): UnitCounts {
  const { functions, apiRequests, instances } = counted;
  const unitsOf = (kind: string) =>
    sum(
      functions.flatMap(({ table }) =>
        Object.values(table).map((entry) => (entry.kind === kind ? entry.units : 0)),
      ),
    );
  const accessLogBytes = apiRequests * (accessLogLine.length + logEventOverheadBytes);
  const storedGbMonths =
    (counted.storedBytes * instances * (limits.finishedKeepDaysDefault / 30)) / 1e9;
  return {
    "apigateway.requests": apiRequests,
    "lambda.requests": sum(functions.map(({ invocations }) => invocations)),
    "lambda.gbSeconds": sum(
      functions.map(({ name, billedMs }) => (billedMs / 1_000) * (memoryMb[name] / 1_024)),
    ),
    "sqs.requests": counted.sqsRequests,
    "dynamodb.writeUnits": unitsOf("write"),
    "dynamodb.readUnits": unitsOf("read"),
    "eventbridge.events": counted.events,
    "logs.gigabytes": (sum(functions.map(({ logBytes }) => logBytes)) + accessLogBytes) / 1e9,
    "dynamodb.storageGbMonths": storedGbMonths,
    "dynamodb.pitrGbMonths": storedGbMonths,
  };
}

/** The mean of what is stored: each finished instance has its item and one row of the task's index. */
async function storedBytesOfInstance({ client, tableName }: Deployment): Promise<number> {
  const page = await client.send(new ScanCommand({ TableName: tableName, Limit: 200 }));
  const instances = (page.Items ?? []).filter(
    (item) => item[tableAttributes.type]?.S === "instance",
  );
  const sizes = instances.map((item) => itemBytes(item) + storedItemOverheadBytes + rowsOf(item));
  return sum(sizes) / sizes.length;
}

function rowsOf(item: Item): number {
  const text = (name: string) => item[name]?.S ?? "";
  const key = { pk: text(tableAttributes.partition), sk: text(tableAttributes.sort) };
  return sum(
    Object.values(tableIndexes).map(({ partition, sort }) =>
      item[partition] === undefined ? 0 : indexRowBytes(text(partition), text(sort), key),
    ),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
