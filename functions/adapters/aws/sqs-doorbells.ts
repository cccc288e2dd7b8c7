import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { Doorbells } from "../../../shared/ports/doorbells.ts";
import type { Log } from "../../../shared/ports/log.ts";
import type { Meter } from "../../../shared/ports/meter.ts";
import { callAws, messageOf, nameOf } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";

export interface SqsDoorbellsOptions {
  /** Opened with `awsClientDefaults`. */
  readonly client: SQSClient;
  /** What the URLs of the pools' queues start with. */
  readonly queuePrefix: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly pace?: Pace;
}

/** What SQS takes in one request; more idle workers than that need no waking for one attempt. */
const ringsMax = 10;
const triesMax = 2;
/** A pool without a queue is not tried again for so long. */
const withoutQueueMs = 60_000;
const poolsRememberedMax = 1_000;

/** Where a pool's idle workers wait; the API lends them the right to listen there. */
export function poolQueueUrl(prefix: string, tenant: string, pool: string): string {
  return `${prefix}${tenant}-${pool}`;
}

/** A message in the pool's queue for each ring; it says nothing, because the line says all. */
export function openSqsDoorbells(options: SqsDoorbellsOptions): Doorbells {
  const without = new Map<string, number>();
  return {
    async ring(tenant, pool, count) {
      const queueUrl = poolQueueUrl(options.queuePrefix, tenant, pool);
      const nowMs = options.clock.now();
      if (nowMs < (without.get(queueUrl) ?? 0)) return;
      try {
        await send(options, queueUrl, Math.min(count, ringsMax));
      } catch (error) {
        if (!isWithoutQueue(error)) throw error;
        // Its workers ask by themselves. What is not there, the role may not even know of.
        if (without.size >= poolsRememberedMax) without.clear();
        without.set(queueUrl, nowMs + withoutQueueMs);
        options.log.debug("pool has no doorbell", { pool, cause: messageOf(error) });
      }
    },
  };
}

async function send(options: SqsDoorbellsOptions, queueUrl: string, count: number): Promise<void> {
  const call = {
    action: "sqs:SendMessageBatch",
    target: `queue ${queueUrl}`,
    repeatUnclear: true,
    triesMax,
    ...(options.pace === undefined ? {} : { pace: options.pace }),
  };
  const Entries = Array.from({ length: count }, (_, place) => ({
    Id: String(place),
    MessageBody: '{"kind":"ring"}',
  }));
  await callAws(call, () =>
    options.client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })),
  );
  options.meter.count("sqs.requests", 1);
}

const withoutQueueNames: ReadonlySet<string> = new Set([
  "QueueDoesNotExist",
  "AWS.SimpleQueueService.NonExistentQueue",
  "AccessDenied",
  "AccessDeniedException",
]);

function isWithoutQueue(error: unknown): boolean {
  return error instanceof Error && withoutQueueNames.has(nameOf(error.cause));
}
