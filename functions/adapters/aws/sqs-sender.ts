import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { Meter } from "../../../shared/ports/meter.ts";
import { type AwsCall, messageOf, tryAws } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";

export interface SqsSenderOptions {
  /** Opened with `awsClientDefaults`. */
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly pace?: Pace;
}

/** A message that says where to look. */
export interface SqsNote {
  readonly body: string;
  /** Delivered no earlier than this; absent = now. */
  readonly notBeforeMs?: number | undefined;
  /** Makes a standard queue fair between groups. */
  readonly groupId?: string;
}

/** How many notes SQS did not take, and why. */
export interface Unsent {
  readonly count: number;
  readonly cause: string;
}

/** What SQS takes in one request. */
const entriesMax = 10;
const delaySecondsMax = 900;
/** Few: the caller's answer waits for the note, and the wake index makes up for a lost one. */
const triesMax = 2;

/** Sends notes ten to a request, and tells of each batch that could not be sent. */
export async function sendNotes(
  options: SqsSenderOptions,
  notes: readonly SqsNote[],
): Promise<readonly Unsent[]> {
  const batches: SqsNote[][] = [];
  for (let start = 0; start < notes.length; start += entriesMax) {
    batches.push(notes.slice(start, start + entriesMax));
  }
  const unsent = await Promise.all(batches.map((batch) => sendBatch(options, batch)));
  return unsent.filter(({ count }) => count > 0);
}

async function sendBatch(options: SqsSenderOptions, batch: readonly SqsNote[]): Promise<Unsent> {
  const call: AwsCall = {
    action: "sqs:SendMessageBatch",
    target: `queue ${options.queueUrl}`,
    repeatUnclear: true,
    triesMax,
    ...(options.pace === undefined ? {} : { pace: options.pace }),
  };
  let unsent = batch;
  let cause = "";
  try {
    await tryAws(call, async () => {
      const refused = await sendOnce(options, unsent);
      unsent = refused.notes;
      cause = refused.cause;
      // Named like the service's own refusal, so that what was left out is tried again.
      if (refused.again) throw new PartlyThrottled(cause);
    });
  } catch (error) {
    cause = messageOf(error);
  }
  return { count: unsent.length, cause };
}

/** HTTP 200 says nothing about the entries: each has its own answer. */
async function sendOnce(options: SqsSenderOptions, batch: readonly SqsNote[]) {
  const nowMs = options.clock.now();
  const answer = await options.client.send(
    new SendMessageBatchCommand({
      QueueUrl: options.queueUrl,
      Entries: batch.map((note, index) => ({
        Id: String(index),
        MessageBody: note.body,
        ...delayOf(note, nowMs),
        ...(note.groupId === undefined ? {} : { MessageGroupId: note.groupId }),
      })),
    }),
  );
  options.meter.count("sqs.requests", 1);
  const failed = answer.Failed ?? [];
  return {
    notes: failed.flatMap(({ Id }) => batch[Number(Id)] ?? []),
    cause: failed[0] === undefined ? "" : `${failed[0].Code}: ${failed[0].Message ?? ""}`,
    again: failed.length > 0 && failed.every(({ SenderFault }) => SenderFault !== true),
  };
}

/** Rounded up, because a hint that comes too early finds nothing due and is gone. */
function delayOf({ notBeforeMs }: SqsNote, nowMs: number) {
  const seconds = Math.ceil(((notBeforeMs ?? nowMs) - nowMs) / 1_000);
  return seconds > 0 ? { DelaySeconds: Math.min(seconds, delaySecondsMax) } : {};
}

class PartlyThrottled extends Error {
  override readonly name = "RequestThrottled";
}
