import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  CompleteAnswer,
  CompleteRequest,
  WorkOrder,
} from "../../../shared/contract/http/work.ts";
import { limits } from "../../../shared/core/limits.ts";
import { truncateUtf8 } from "../../../shared/core/texts.ts";
import type { Log } from "../../../shared/ports/log.ts";
import type { ReportableEnd } from "./attempt-end.ts";
import { failureOfCall } from "./call-failure.ts";
import type { OrderClient } from "./order-client.ts";

/** What became of an attempt's result. `unreported`: nobody could be told within the time. */
export type Reported = CompleteAnswer["result"] | "unreported";

const delayMsBase = 200;
const delayMsMax = 10_000;

export interface CompletionOptions {
  readonly client: OrderClient;
  readonly log: Log;
  /** Tries begin until then; at least one is made. */
  readonly giveUpAtMs: number;
  /** Aborted: no further tries. */
  readonly signal: AbortSignal;
}

/**
 * Tells the control plane how an attempt ended, as often as it takes. Harmless when repeated: the
 * control plane answers "repeated". A result that is refused for what it holds becomes a failure
 * that says so, because silence would cost the attempt its lease and then run it again.
 */
export async function reportEnd(
  order: WorkOrder,
  end: ReportableEnd,
  { client, log, giveUpAtMs, signal }: CompletionOptions,
): Promise<Reported> {
  const { attemptId } = order;
  let request = completeRequest(order, end);
  let refusals = 0;
  for (let tries = 1; ; tries++) {
    try {
      return (await client.complete(attemptId, request)).result;
    } catch (error) {
      const failure = failureOfCall(error);
      const { reason } = failure;
      if (failure.kind === "gone") return "stale";
      if (failure.kind === "refused") {
        log.warn("a result was refused", { attemptId, reason });
        refusals += 1;
        if (refusals > 1) return "unreported";
        request = refusedRequest(order, end, reason);
        continue;
      }
      const ceilingMs = Math.min(delayMsMax, delayMsBase * 2 ** Math.min(tries - 1, 16));
      const delayMs = (failure.retryAfterMs ?? 0) + ceilingMs * (0.5 + Math.random() / 2);
      if (signal.aborted || Date.now() + delayMs > giveUpAtMs) {
        log.error("a result could not be reported", { attemptId, reason, tries });
        return "unreported";
      }
      log.warn("a result was not taken yet", { attemptId, reason, tries });
      await pause(delayMs, signal);
    }
  }
}

function completeRequest(
  { instanceId, token }: WorkOrder,
  { usage, startedAtMs, log, ...verdict }: ReportableEnd,
): CompleteRequest {
  const ended = {
    instanceId,
    token,
    ...(usage === undefined ? {} : { usage }),
    ...(startedAtMs === undefined ? {} : { startedAt: new Date(startedAtMs).toISOString() }),
    ...(log === undefined ? {} : { log: wellFormed(log) }),
  };
  // The schema's type of JSON differs from ours only in that its lists may be changed.
  return { ...ended, ...verdict } as CompleteRequest;
}

/** The same end without what may have been wrong about it. */
function refusedRequest(
  order: WorkOrder,
  { usage }: ReportableEnd,
  reason: string,
): CompleteRequest {
  const message = truncateUtf8(`the result was refused: ${reason}`, limits.errorMessageBytesMax);
  return {
    instanceId: order.instanceId,
    token: order.token,
    ...(usage === undefined ? {} : { usage }),
    outcome: "failed",
    error: { class: "invalid_output", message },
  };
}

/** Half characters, which JavaScript texts may hold and other programs refuse, become question marks. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    // There is one more try to make before it is given up.
    if (!signal.aborted) throw error;
  }
}
