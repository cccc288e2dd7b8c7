import * as z from "zod";
import { InvariantError } from "../../../shared/core/errors.ts";
import type { Log } from "../../../shared/ports/log.ts";
import type { Metrics } from "../../../shared/ports/metrics.ts";

/** The part of an SQS event that handlers read. */
const SqsEvent = z.object({
  Records: z.array(z.object({ messageId: z.string().min(1), body: z.string() })),
});

/** A message and what it says. */
export interface SqsMessage<Value> {
  readonly messageId: string;
  readonly value: Value;
}

/** What the mapping must answer: SQS keeps these messages for another delivery and deletes the rest. */
export interface SqsBatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export type MessageReading<Value> =
  | { readonly outcome: "read"; readonly value: Value }
  /** Nothing for us; not worth a line in the log. */
  | { readonly outcome: "ignored" }
  /** Never readable, however often it comes. */
  | { readonly outcome: "unreadable"; readonly reason: string };

/**
 * The messages of an SQS event that can be read. The others are logged, counted and not delivered
 * again, since no repetition mends them. What is no such event at all was sent by somebody by hand.
 */
export function readMessages<Value>(
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  event: unknown,
  read: (body: string) => MessageReading<Value>,
): readonly SqsMessage<Value>[] {
  const parsed = SqsEvent.safeParse(event);
  if (!parsed.success) throw new InvariantError("The event is not one of an SQS queue.");
  let unreadable = 0;
  const messages = parsed.data.Records.flatMap(({ messageId, body }) => {
    const reading = read(body);
    if (reading.outcome === "unreadable") {
      unreadable += 1;
      log.error("message dropped: unreadable", { messageId, reason: reading.reason });
    }
    return reading.outcome === "read" ? [{ messageId, value: reading.value }] : [];
  });
  metrics.put({ MessagesUnreadable: unreadable });
  return messages;
}

/** Reads bodies that are JSON of one schema. */
export function jsonOf<Schema extends z.ZodType>(schema: Schema) {
  return (body: string): MessageReading<z.output<Schema>> => {
    const json = parsedJson(body);
    if (json === undefined) return { outcome: "unreadable", reason: "it is not JSON" };
    const parsed = schema.safeParse(json);
    return parsed.success
      ? { outcome: "read", value: parsed.data }
      : { outcome: "unreadable", reason: z.prettifyError(parsed.error) };
  };
}

/** Undefined, which JSON cannot say, for what is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Which messages SQS must deliver again: those whose error is not undefined. Needs
 * ReportBatchItemFailures on the mapping; without it SQS would delete the failed ones, too.
 */
export function sqsAnswer<Value>(
  log: Log,
  messages: readonly SqsMessage<Value>[],
  errorOf: (value: Value) => unknown,
): SqsBatchAnswer {
  const failures = messages.flatMap(({ messageId, value }) => {
    const error = errorOf(value);
    if (error === undefined) return [];
    log.error("message failed; it is delivered again", { messageId, cause: String(error) });
    return [{ itemIdentifier: messageId }];
  });
  return { batchItemFailures: failures };
}
