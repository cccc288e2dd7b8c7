import { TerminalError } from "../../../shared/core/errors.ts";
import type { Log } from "../../../shared/ports/log.ts";
import {
  feedChangesOfStreamEvent,
  type StreamBatch,
} from "../../adapters/aws/dynamo/stream-event.ts";

/** What a mapping with a tumbling window and ReportBatchItemFailures must answer. */
export interface StreamAnswer {
  /** Kept by Lambda from call to call of a window; nothing is, because the checkpoint is the state. */
  readonly state: Readonly<Record<string, never>>;
  /** The shard is read again from this sequence number on. */
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The changes of a stream event; what can never be read is logged and passed over. */
export function readStreamEvent(log: Log, event: unknown): StreamBatch {
  const batch = feedChangesOfStreamEvent(event);
  for (const { eventId, reason } of batch.unreadable) {
    log.error("change dropped: unreadable", { eventId, reason });
  }
  // Sequence numbers of different shards have no common order. Lambda names the shard only where
  // the mapping has a tumbling window; without one, a checkpoint would make us skip changes.
  if (batch.changes.length > 0 && batch.source.startsWith("arn:")) {
    throw new TerminalError(
      "The stream event names no shard: give its event-source mapping a tumbling window.",
    );
  }
  return batch;
}

/** All of the batch comes again after an error; the checkpoint tells what was done already. */
export function streamAnswer(log: Log, batch: StreamBatch, error: unknown): StreamAnswer {
  const first = batch.changes[0];
  if (error === undefined || first === undefined) return { state: {}, batchItemFailures: [] };
  log.error("batch failed; it is delivered again", {
    changes: batch.changes.length,
    from: first.position,
    cause: String(error),
  });
  return { state: {}, batchItemFailures: [{ itemIdentifier: first.position }] };
}
