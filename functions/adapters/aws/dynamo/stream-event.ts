import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { InvariantError } from "../../../../shared/core/errors.ts";
import type { Item } from "./item-size.ts";
import { type StreamChange, streamChangeOf } from "./stream-change.ts";

/** The attribute types that the table uses; Lambda's JSON carries binary ones in base64. */
const WireValue = z.union([
  z.object({ S: z.string() }),
  z.object({ N: z.string() }),
  z.object({ B: z.string() }),
]);
const WireItem = z.record(z.string(), WireValue);
type WireItem = z.infer<typeof WireItem>;

const WireRecord = z.object({
  eventSourceARN: z.string().min(1),
  dynamodb: z.object({
    Keys: WireItem,
    NewImage: WireItem.optional(),
    SequenceNumber: z.string().regex(/^\d+$/),
  }),
  userIdentity: z.object({ principalId: z.string() }).nullish(),
});

const StreamEvent = z.object({
  Records: z.array(z.unknown()),
  /** Only there when the event-source mapping has a tumbling window. */
  shardId: z.string().optional(),
});

/** A stream event as changes of the feed, with what could not be read as one. */
export interface StreamBatch {
  /** Names the sequence to which the positions belong: the shard, or the stream when no shard is known. */
  readonly source: string;
  readonly changes: readonly StreamChange[];
  /** Never readable, however often they come: to be logged and counted, not retried. */
  readonly unreadable: readonly { readonly eventId: string; readonly reason: string }[];
}

/** Reads a DynamoDB stream event as Lambda delivers it. Throws only when it is no such event at all. */
export function feedChangesOfStreamEvent(event: unknown): StreamBatch {
  const { Records: records, shardId } = StreamEvent.parse(event);
  const changes: StreamChange[] = [];
  const unreadable: { eventId: string; reason: string }[] = [];
  let streamArn: string | undefined;
  for (const raw of records) {
    const record = WireRecord.safeParse(raw);
    if (!record.success) {
      unreadable.push({ eventId: eventIdOf(raw), reason: z.prettifyError(record.error) });
      continue;
    }
    streamArn ??= record.data.eventSourceARN;
    try {
      changes.push(changeOf(record.data));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      unreadable.push({ eventId: eventIdOf(raw), reason: error.message });
    }
  }
  return { source: shardId ?? streamArn ?? "stream", changes, unreadable };
}

function changeOf({ dynamodb, userIdentity }: z.infer<typeof WireRecord>): StreamChange {
  return streamChangeOf({
    keys: itemFrom(dynamodb.Keys),
    newImage: dynamodb.NewImage === undefined ? undefined : itemFrom(dynamodb.NewImage),
    sequenceNumber: dynamodb.SequenceNumber,
    removedBy: userIdentity?.principalId,
  });
}

function itemFrom(wire: WireItem): Item {
  const entries = Object.entries(wire).map(([name, value]): [string, AttributeValue] => [
    name,
    "B" in value ? { B: Buffer.from(value.B, "base64") } : value,
  ]);
  return Object.fromEntries(entries);
}

/** Broken JSON, a broken or unknown packing, a missing attribute: the content, not the world. */
function isUnreadable(error: unknown): error is Error {
  if (error instanceof InvariantError || error instanceof SyntaxError) return true;
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

const Named = z.object({ eventID: z.string() });

function eventIdOf(raw: unknown): string {
  const named = Named.safeParse(raw);
  return named.success ? named.data.eventID : "without an id";
}
