import { limits } from "../../shared/core/limits.ts";
import type { ClientClock } from "./client-clock.ts";
import { openKeys } from "./idempotency-keys.ts";
import { type Accepted, PendingSubmit } from "./pending-submit.ts";
import type { RequestSender } from "./request-sender.ts";
import { nextDelayMs, type RetryOptions } from "./retry-schedule.ts";
import { type SubmitAnswer, sendSubmits } from "./send-submits.ts";
import { SwitchyardError } from "./switchyard-error.ts";

export interface SubmitQueueOptions {
  readonly sender: RequestSender;
  readonly retry: RetryOptions;
  readonly clock: ClientClock;
  /** Requests on the way at once; more submissions gather for the next one. */
  readonly requestsMax: number;
  /** Submissions held here at once. */
  readonly queuedMax: number;
  /** Aborted when the client is closed, with the reason for those that were not answered. */
  readonly closing: AbortSignal;
}

/** Fewer are not worth a second request. */
const splitMin = 32;

/** Room for `{"items":[` and `]}`. */
const envelopeBytes = 32;

/**
 * Turns concurrent submissions into few requests without ever waiting for company: what is submitted
 * in one turn of the event loop goes out together at once; what comes while all requests are under
 * way goes with the next. Every submission has its own answer, its own error and its own budget of
 * tries, whatever request it travelled in.
 */
export class SubmitQueue {
  readonly #options: SubmitQueueOptions;
  #queue: PendingSubmit[] = [];
  /** Batches that were tried before and may be tried again now. */
  readonly #ready: PendingSubmit[][] = [];
  #underway = 0;
  #held = 0;
  #flushing = false;

  constructor(options: SubmitQueueOptions) {
    this.#options = options;
  }

  /** `text` is the submission's JSON; `hasKey` says whether it brings its own idempotency key. */
  add(text: string, hasKey: boolean, signal?: AbortSignal): Promise<Accepted> {
    const { closing, queuedMax } = this.#options;
    if (closing.aborted) return Promise.reject(closing.reason);
    if (this.#queue.length >= queuedMax) return Promise.reject(queueFull(queuedMax));
    const pending = new PendingSubmit(
      text,
      hasKey || this.#options.retry.attemptsMax === 1 ? "" : undefined,
      this.#options.clock.nowMs(),
      signal,
    );
    this.#queue.push(pending);
    this.#flushSoon();
    return pending.promise;
  }

  /** Ends what was not sent yet; what is under way still gets its answer. */
  close(): void {
    rejectAll(this.#queue, this.#options.closing.reason);
    this.#queue = [];
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#underway < this.#options.requestsMax) {
      const batch = this.#ready.shift() ?? this.#takeBatch();
      if (batch === undefined) return;
      this.#underway++;
      void this.#send(batch).finally(() => {
        this.#underway--;
        this.#flush();
      });
    }
  }

  /** The oldest submissions that fit into one request; none while the server is not well. */
  #takeBatch(): PendingSubmit[] | undefined {
    if (this.#held > 0 || this.#queue.length === 0) return undefined;
    const countMax = this.#countMax();
    let bytes = envelopeBytes;
    let count = 0;
    const trace = this.#queue[0]?.trace;
    for (const pending of this.#queue) {
      // A request has one trace, and its submissions inherit by it.
      if (pending.trace !== trace) break;
      bytes += pending.bytesMax + limits.idempotencyKeyCharsMax;
      if (count >= countMax) break;
      if (count > 0 && bytes > limits.batchBodyBytesMax) break;
      count++;
    }
    const batch = this.#queue.slice(0, count);
    this.#queue = count === this.#queue.length ? [] : this.#queue.slice(count);
    return batch;
  }

  /**
   * With nothing under way, many go as two requests: callers that submit again when they are answered
   * then write the next one while the server works on the other, instead of taking turns with it.
   */
  #countMax(): number {
    const waiting = this.#queue.length;
    const split = this.#underway === 0 && waiting >= splitMin && this.#options.requestsMax > 1;
    return split ? Math.min(limits.batchItemsMax, Math.ceil(waiting / 2)) : limits.batchItemsMax;
  }

  async #send(batch: readonly PendingSubmit[]): Promise<void> {
    const wanted = batch.filter((pending) => !pending.settled);
    if (wanted.length === 0) return;
    giveKeys(wanted, this.#options.clock.nowMs());
    for (const pending of wanted) pending.tries++;
    try {
      this.#settle(wanted, await sendSubmits(this.#options.sender, wanted));
    } catch (error) {
      this.#requestFailed(wanted, error);
    }
  }

  #settle(batch: readonly PendingSubmit[], answers: readonly SubmitAnswer[]): void {
    const again: PendingSubmit[] = [];
    for (const [index, pending] of batch.entries()) {
      const answer = answers[index];
      if (pending.settled || answer === undefined) continue;
      if (answer.outcome === "accepted") pending.resolve(answer.accepted);
      else if (answer.error.retryable) again.push(...this.#withTriesLeft([pending], answer.error));
      else pending.reject(answer.error);
    }
    if (again.length > 0) this.#sendLater([again], this.#delayOf(again, undefined), false);
  }

  #requestFailed(batch: readonly PendingSubmit[], error: unknown): void {
    if (!(error instanceof SwitchyardError)) {
      rejectAll(batch, error);
      return;
    }
    // The body as a whole was refused; apart, the items that are sound get through.
    if (batch.length > 1 && (error.status === 400 || error.status === 413)) {
      this.#ready.push(...halvesOf(batch));
      return;
    }
    if (!error.retryable) {
      rejectAll(batch, error);
      return;
    }
    const again = this.#withTriesLeft(batch, error);
    if (again.length === 0) return;
    const delayMs = this.#delayOf(again, error.retryAfterMs);
    // One item may have broken the server, or the batch may be too much for its time: with each
    // try the innocent half goes free. A server that is down or busy is not helped by more requests.
    const blame = error.status === 500 || error.status === 504;
    this.#sendLater(blame ? halvesOf(again) : [again], delayMs, !blame);
  }

  /** Rejects those whose budget is used up and answers with the others. */
  #withTriesLeft(batch: readonly PendingSubmit[], error: SwitchyardError): PendingSubmit[] {
    const { retry, clock } = this.#options;
    const nowMs = clock.nowMs();
    return batch.filter((pending) => {
      if (pending.settled) return false;
      const failed = {
        tries: pending.tries,
        elapsedMs: nowMs - pending.sinceMs,
        retryAfterMs: error.retryAfterMs,
      };
      if (nextDelayMs(retry, failed, 0) !== undefined) return true;
      pending.reject(error);
      return false;
    });
  }

  #delayOf(batch: readonly PendingSubmit[], retryAfterMs: number | undefined): number {
    const { retry, clock } = this.#options;
    const tries = batch.reduce((least, pending) => Math.min(least, pending.tries), Infinity);
    return nextDelayMs(retry, { tries, elapsedMs: 0, retryAfterMs }, clock.random()) ?? 0;
  }

  /** `hold` keeps new submissions back meanwhile: they would only meet the same fault. */
  #sendLater(batches: readonly PendingSubmit[][], delayMs: number, hold: boolean): void {
    const { clock, closing } = this.#options;
    if (hold) this.#held++;
    clock.sleep(delayMs, closing).then(
      () => {
        if (hold) this.#held--;
        this.#ready.push(...batches);
        this.#flush();
      },
      (reason: unknown) => {
        for (const batch of batches) rejectAll(batch, reason);
      },
    );
  }
}

/** A submission without a key of its own gets one before its first try, and keeps it. */
function giveKeys(batch: readonly PendingSubmit[], nowMs: number): void {
  const keyAt = openKeys(nowMs);
  for (const [index, pending] of batch.entries()) pending.key ??= keyAt(index);
}

function halvesOf(batch: readonly PendingSubmit[]): PendingSubmit[][] {
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)].filter((half) => half.length > 0);
}

function rejectAll(batch: readonly PendingSubmit[], reason: unknown): void {
  for (const pending of batch) if (!pending.settled) pending.reject(reason);
}

function queueFull(queuedMax: number): SwitchyardError {
  return new SwitchyardError({
    code: "queue_full",
    status: 0,
    detail: `${queuedMax} submissions wait already; nothing was sent`,
    suggestion: "await some before submitting more",
    retryable: true,
    notApplied: true,
  });
}
