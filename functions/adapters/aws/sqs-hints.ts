import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { HintMessage } from "../../../shared/contract/messages.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { Hint, Hints } from "../../../shared/ports/hints.ts";
import type { Log } from "../../../shared/ports/log.ts";
import type { Meter } from "../../../shared/ports/meter.ts";
import { type AwsCall, messageOf, tryAws } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";

export interface SqsHintsOptions {
  /** Opened with `awsClientDefaults`. */
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** Names the tenant as message group, which makes a standard queue fair between tenants. */
  readonly fair: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly pace?: Pace;
}

/** What SQS takes in one request. */
const entriesMax = 10;
const delaySecondsMax = 900;
/** Few: the caller's answer waits for the hint, and the wake index makes up for a lost one. */
const triesMax = 2;

/** Hints as messages on the dispatch queue, ten to a request. */
export function openSqsHints(options: SqsHintsOptions): Hints {
  return {
    async send(hints) {
      const batches: Hint[][] = [];
      for (let start = 0; start < hints.length; start += entriesMax) {
        batches.push(hints.slice(start, start + entriesMax));
      }
      await Promise.all(batches.map((batch) => sendBatch(options, batch)));
    },
  };
}

/** A batch that cannot be sent is logged and forgotten: every hinted instance has a wake. */
async function sendBatch(options: SqsHintsOptions, batch: readonly Hint[]): Promise<void> {
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
      unsent = refused.hints;
      cause = refused.cause;
      // Named like the service's own refusal, so that what was left out is tried again.
      if (refused.again) throw new PartlyThrottled(cause);
    });
  } catch (error) {
    cause = messageOf(error);
  }
  if (unsent.length > 0) {
    options.log.warn("hints not sent; the wakes bring them", { hints: unsent.length, cause });
  }
}

/** HTTP 200 says nothing about the entries: each has its own answer. */
async function sendOnce(options: SqsHintsOptions, batch: readonly Hint[]) {
  const nowMs = options.clock.now();
  const answer = await options.client.send(
    new SendMessageBatchCommand({
      QueueUrl: options.queueUrl,
      Entries: batch.map((hint, index) => ({
        Id: String(index),
        MessageBody: JSON.stringify(messageFor(hint)),
        ...delayOf(hint, nowMs),
        ...(options.fair ? { MessageGroupId: hint.tenant } : {}),
      })),
    }),
  );
  options.meter.count("sqs.requests", 1);
  const failed = answer.Failed ?? [];
  return {
    hints: failed.flatMap(({ Id }) => batch[Number(Id)] ?? []),
    cause: failed[0] === undefined ? "" : `${failed[0].Code}: ${failed[0].Message ?? ""}`,
    again: failed.length > 0 && failed.every(({ SenderFault }) => SenderFault !== true),
  };
}

function messageFor({ tenant, instanceId }: Hint): HintMessage {
  return { kind: "hint", tenant, instanceId };
}

/** Rounded up, because a hint that comes too early finds nothing due and is gone. */
function delayOf({ notBeforeMs }: Hint, nowMs: number) {
  const seconds = Math.ceil(((notBeforeMs ?? nowMs) - nowMs) / 1_000);
  return seconds > 0 ? { DelaySeconds: Math.min(seconds, delaySecondsMax) } : {};
}

class PartlyThrottled extends Error {
  override readonly name = "RequestThrottled";
}
