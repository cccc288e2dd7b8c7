import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from "@aws-sdk/client-eventbridge";
import { utf8Bytes } from "../../../shared/core/texts.ts";
import type { Log } from "../../../shared/ports/log.ts";
import type { Meter } from "../../../shared/ports/meter.ts";
import { callAws } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";

export interface BusOptions {
  /** Opened with `awsClientDefaults`. */
  readonly client: EventBridgeClient;
  readonly busName: string;
  readonly log: Log;
  readonly meter: Meter;
  readonly pace?: Pace;
}

/** What EventBridge takes in one request; the bytes are of all entries together. */
const entriesMax = 10;
const requestBytesMax = 1_000_000;
/** Time, source and detail type as EventBridge counts them, with room to spare. */
const entryOverheadBytes = 256;
const chunkBytes = 64 * 1024;
const triesMax = 3;

/** Refusals of single entries that no repetition mends. */
const lastingCodes: ReadonlySet<string> = new Set(["InvalidArgument", "MalformedDetail"]);

/** Puts events on the bus, at least once each; those that are refused for good are logged and left out. */
export async function putOnBus(
  options: BusOptions,
  entries: readonly PutEventsRequestEntry[],
): Promise<void> {
  // One after the other: consumers who care for order get it when nothing fails.
  for (const batch of batchesOf(entries)) await putBatch(options, batch);
}

function batchesOf(entries: readonly PutEventsRequestEntry[]) {
  const batches: PutEventsRequestEntry[][] = [];
  let batchBytes = 0;
  for (const entry of entries) {
    const bytes = bytesOf(entry);
    const open = batches.at(-1);
    if (open === undefined || open.length === entriesMax || batchBytes + bytes > requestBytesMax) {
      batches.push([entry]);
      batchBytes = bytes;
    } else {
      open.push(entry);
      batchBytes += bytes;
    }
  }
  return batches;
}

function bytesOf({ Detail = "" }: PutEventsRequestEntry): number {
  return utf8Bytes(Detail) + entryOverheadBytes;
}

/** HTTP 200 says nothing about the entries: what was refused is put again, and again by the feed. */
async function putBatch(
  options: BusOptions,
  batch: readonly PutEventsRequestEntry[],
): Promise<void> {
  let left = batch;
  const call = {
    action: "events:PutEvents",
    target: `bus ${options.busName}`,
    // Events may arrive twice anyway; their dedupKey tells.
    repeatUnclear: true,
    triesMax,
    ...(options.pace === undefined ? {} : { pace: options.pace }),
  };
  await callAws(call, async () => {
    const answer = await options.client.send(new PutEventsCommand({ Entries: [...left] }));
    const refusals = left.map((entry, index) => ({ entry, answer: answer.Entries?.[index] }));
    const refused = refusals.filter((each) => each.answer?.EventId === undefined);
    const accepted = refusals.filter((each) => each.answer?.EventId !== undefined);
    for (const { entry } of accepted) {
      options.meter.count("eventbridge.events", Math.ceil(bytesOf(entry) / chunkBytes));
    }
    const lasting = refused.filter((each) => lastingCodes.has(each.answer?.ErrorCode ?? ""));
    for (const { answer: said } of lasting) {
      options.log.error("event refused for good", {
        code: said?.ErrorCode,
        cause: said?.ErrorMessage,
      });
    }
    left = refused.filter((each) => !lasting.includes(each)).map(({ entry }) => entry);
    if (left.length > 0) throw new PartlyRefused(left.length, refused[0]?.answer?.ErrorCode);
  });
}

/** Named like the service's own refusal, so that the refused entries are tried again. */
class PartlyRefused extends Error {
  override readonly name = "ThrottlingException";
  constructor(entries: number, code: string | undefined) {
    super(`the bus refused ${entries} events (${code ?? "no code"})`);
  }
}
