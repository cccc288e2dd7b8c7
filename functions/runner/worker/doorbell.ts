import { setTimeout as sleep } from "node:timers/promises";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Doorbell } from "../../../shared/contract/http/work.ts";
import type { Log } from "../../../shared/ports/log.ts";

type SqsDoorbell = Extract<Doorbell, { kind: "sqs" }>;

/** How an idle worker learns that something waits for it, beside asking. */
export interface Bell {
  /** How long a request for work may wait at the server. */
  readonly askSeconds: number;
  /** True when the bell's credentials are about to expire, so that the worker must register again. */
  isStale(): boolean;
  /** Resolves when it rings, when it has been silent for the time, or when the signal is aborted. */
  wait(seconds: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

const staleAheadMs = 2 * 60_000;
const sqsWaitSecondsMax = 20;
/** A server that cannot hold a request open is asked again after this. */
const askAgainMs = 2_000;

/** Opens the bell that the server has named at registration. */
export async function openBell(doorbell: Doorbell, log: Log): Promise<Bell> {
  if (doorbell.kind === "sqs") return openSqsBell(doorbell, log);
  return {
    askSeconds: doorbell.waitSeconds,
    isStale: () => false,
    wait: async (_seconds, signal) => {
      if (doorbell.waitSeconds === 0) await nap(askAgainMs, signal);
    },
    close: () => undefined,
  };
}

/**
 * The pool's queue: one long poll costs a fraction of a Lambda that is kept open. Its client is
 * loaded here, so that workers elsewhere do not pay for it.
 */
async function openSqsBell(doorbell: SqsDoorbell, log: Log): Promise<Bell> {
  const { SQSClient, ReceiveMessageCommand, DeleteMessageBatchCommand } = await import(
    "@aws-sdk/client-sqs"
  );
  const { region, credentials, queueUrl: QueueUrl } = doorbell;
  const expiresAtMs = Date.parse(credentials.expiresAt);
  const client: SQSClient = new SQSClient({ region, credentials });
  return {
    askSeconds: 0,
    isStale: () => Date.now() > expiresAtMs - staleAheadMs,
    async wait(seconds, signal) {
      const WaitTimeSeconds = Math.max(1, Math.min(sqsWaitSecondsMax, Math.floor(seconds)));
      const receive = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds });
      try {
        const { Messages = [] } = await client.send(receive, { abortSignal: signal });
        if (Messages.length === 0) return;
        const Entries = Messages.map(({ ReceiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle,
        }));
        await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      } catch (error) {
        if (signal.aborted) return;
        // Without its bell a worker still asks now and then, and learns of everything by that.
        const reason = error instanceof Error ? error.message : String(error);
        log.warn("the pool's bell cannot be heard", { reason });
        await nap(seconds * 1_000, signal);
      }
    },
    close: () => client.destroy(),
  };
}

/** Waits; an abort ends it early. */
export async function nap(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
