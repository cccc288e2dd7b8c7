import type { WorkOrder } from "../../shared/contract/http/work.ts";
import type { Log } from "../../shared/ports/log.ts";
import { type AttemptEnd, failedEnd, type ReportableEnd } from "./orders/attempt-end.ts";
import { type Reported, reportEnd } from "./orders/completion.ts";
import { startHeart } from "./orders/heart.ts";
import type { Machine } from "./orders/machine.ts";
import type { OrderClient } from "./orders/order-client.ts";

export interface OrderRunOptions {
  readonly client: OrderClient;
  readonly machine: Machine;
  readonly log: Log;
  /** Aborted when this runner has to go: the attempt is ended and given back. */
  readonly leaving: AbortSignal;
  /** Aborted when not even the report can be waited for any more. */
  readonly gone: AbortSignal;
}

/** What became of an order here. `stopped`: the control plane did not want it any more. */
export interface OrderEnd {
  readonly end: AttemptEnd;
  readonly reported: Reported | "stopped";
}

/** By how much the server may find an attempt's time to be over before this machine does. */
const clockNoiseMs = 3_000;
/**
 * An attempt's time counts from its hand-over at the server, and here from the first line of its code:
 * starting a process must not use it up. Less than the server's own grace.
 */
const startMsMax = 5_000;
/** Results are still offered for so long after the attempt's time is over. */
const reportGraceMs = 60_000;

/**
 * Runs one order and reports its end: the piece that pool workers and containers share. Signs of
 * life go on until the result is taken. A result is never dropped because one call failed, and an
 * attempt that was replaced meanwhile ends without a word.
 */
export async function runWorkOrder(order: WorkOrder, options: OrderRunOptions): Promise<OrderEnd> {
  const { client, machine, log, leaving, gone } = options;
  const { attemptId, instanceId, task } = order;
  const deadlineAtMs = Date.parse(order.deadlineAt) - client.clockAheadMs();
  const ending = new AbortController();
  let stopped = false;
  const leave = (): void => ending.abort();
  leaving.addEventListener("abort", leave);
  if (leaving.aborted) leave();
  const heart = startHeart(order, client, log, (reason) => {
    stopped = true;
    log.info("attempt is to end", { attemptId, instanceId, task, reason });
    ending.abort();
  });
  try {
    const ran = await machine.run(order, deadlineAtMs + startMsMax, heart.note, ending.signal);
    const isLate = Date.now() >= deadlineAtMs - clockNoiseMs;
    if (stopped && !isLate) return { end: ran, reported: "stopped" };
    const end = ran.outcome === "aborted" ? abortedEnd(order, stopped) : ran;
    const giveUpAtMs = Math.max(deadlineAtMs, Date.now()) + reportGraceMs;
    const reported = await reportEnd(order, end, { client, log, giveUpAtMs, signal: gone });
    return { end, reported };
  } finally {
    heart.stop();
    leaving.removeEventListener("abort", leave);
  }
}

/** The server ends an attempt whose time is over, or its runner has to go. */
function abortedEnd({ timeoutMs }: WorkOrder, stopped: boolean): ReportableEnd {
  return stopped
    ? failedEnd("timeout", `no result within ${timeoutMs} ms`)
    : failedEnd("worker_lost", "its runner was told to leave before the attempt was finished");
}
