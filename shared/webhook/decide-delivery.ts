import { limits } from "../core/limits.ts";
import type { WebhookDelivery } from "./webhook.ts";

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** How long after a failed try the next one follows: about two days in all. */
const retryDelaysMs = [
  5 * seconds,
  30 * seconds,
  2 * minutes,
  10 * minutes,
  30 * minutes,
  1 * hours,
  2 * hours,
  4 * hours,
  8 * hours,
  12 * hours,
  20 * hours,
] as const;

/** What became of one try. */
export interface TryOutcome {
  /** The receiver's answer; absent when there was none. */
  readonly status?: number;
  readonly error?: string;
  readonly durationMs: number;
  /** What the receiver's Retry-After asks for. */
  readonly retryAfterMs?: number;
}

export interface DeliveryDecision {
  readonly next: WebhookDelivery;
  /** The receiver said that it is gone: nothing more is sent to it. */
  readonly gone: boolean;
  readonly reason: string;
}

/** Takes up a delivery that is due: until `wakeAtMs` nobody else tries it. */
export function beginTry(delivery: WebhookDelivery, nowMs: number): WebhookDelivery {
  return {
    ...delivery,
    tries: delivery.tries + 1,
    wakeAtMs: nowMs + limits.webhookTryLapseMs,
  };
}

/** Whether a delivery is to be tried now. */
export function isDue({ state, wakeAtMs }: WebhookDelivery, nowMs: number): boolean {
  return state === "waiting" && wakeAtMs !== undefined && wakeAtMs <= nowMs;
}

/** Whether the receiver has taken the message. */
export function isTaken({ status }: TryOutcome): boolean {
  return status !== undefined && status >= 200 && status < 300;
}

/** Leaves it for after an instant, without a try; `chance` in [0, 1) keeps many from coming at once. */
export function postpone(
  delivery: WebhookDelivery,
  untilMs: number,
  chance: number,
): WebhookDelivery {
  return { ...delivery, wakeAtMs: untilMs + Math.round(60 * seconds * chance) };
}

/** What follows from a try that was begun; `chance` in [0, 1) spreads the next one. */
export function decideDelivery(
  delivery: WebhookDelivery,
  outcome: TryOutcome,
  nowMs: number,
  chance: number,
): DeliveryDecision {
  const { retryAfterMs, ...said } = outcome;
  const tried: WebhookDelivery = { ...delivery, lastTry: { atMs: nowMs, ...said } };
  const { status } = outcome;
  if (isTaken(outcome)) {
    return { next: ended(tried, "delivered"), gone: false, reason: `answered ${status}` };
  }
  if (status === 410) {
    return { next: ended(tried, "given_up"), gone: true, reason: "the receiver is gone for good" };
  }
  const why = status === undefined ? (outcome.error ?? "no answer") : `answered ${status}`;
  if (delivery.tries >= limits.webhookTriesMax) {
    const next = ended(tried, "given_up");
    return { next, gone: false, reason: `${why}; try ${delivery.tries} was the last` };
  }
  const delayMs = retryDelayMs(delivery.tries, retryAfterMs, chance);
  return {
    next: { ...tried, wakeAtMs: nowMs + delayMs },
    gone: false,
    reason: `${why}; tried again in ${Math.round(delayMs / seconds)} s`,
  };
}

/** Gives up what there is no sense in trying. */
export function giveUp(delivery: WebhookDelivery, error: string, nowMs: number): WebhookDelivery {
  return ended({ ...delivery, lastTry: { atMs: nowMs, error, durationMs: 0 } }, "given_up");
}

/** Begins all over, at once. */
export function redeliver(delivery: WebhookDelivery, nowMs: number): WebhookDelivery {
  return { ...delivery, state: "waiting", tries: 0, redeliveredAtMs: nowMs, wakeAtMs: nowMs };
}

function ended(delivery: WebhookDelivery, state: "delivered" | "given_up"): WebhookDelivery {
  const { wakeAtMs: _, ...rest } = delivery;
  return { ...rest, state };
}

/** Spread over four fifths to six fifths; never sooner than the receiver asks, within bounds. */
export function retryDelayMs(
  tries: number,
  retryAfterMs: number | undefined,
  chance: number,
): number {
  const plannedMs = retryDelaysMs[Math.min(tries, retryDelaysMs.length) - 1] ?? retryDelaysMs[0];
  const spreadMs = Math.round(plannedMs * (0.8 + 0.4 * chance));
  return Math.min(Math.max(spreadMs, retryAfterMs ?? 0), limits.webhookRetryDelayMsMax);
}
