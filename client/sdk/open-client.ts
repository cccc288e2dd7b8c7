import { calendarCalls } from "./calendar-calls.ts";
import type { SwitchyardClient } from "./client.ts";
import { type ClientClock, systemClientClock } from "./client-clock.ts";
import { openFetchTransport } from "./fetch-transport.ts";
import { functionCalls } from "./function-calls.ts";
import { groupCalls } from "./group-calls.ts";
import { InstanceWaiter } from "./instance-waiter.ts";
import { limitCalls, switchCalls } from "./limit-calls.ts";
import { PayloadCalls } from "./payload-calls.ts";
import { poolCalls } from "./pool-calls.ts";
import { portraitCalls } from "./portrait-calls.ts";
import { askWith, readCalls } from "./read-calls.ts";
import { RequestSender, type RequestSigner, type SenderOptions } from "./request-sender.ts";
import { type RetryOptions, retryDefaults } from "./retry-schedule.ts";
import { rulesCalls } from "./rules-calls.ts";
import { scheduleCalls } from "./schedule-calls.ts";
import { submitCalls, waitQuestions } from "./submit-calls.ts";
import { SubmitQueue } from "./submit-queue.ts";
import { SwitchyardError } from "./switchyard-error.ts";
import type { AnyTasks, TaskTypes } from "./task-types.ts";
import type { Transport } from "./transport.ts";
import { triggerCalls } from "./trigger-calls.ts";
import { findingCalls, webhookCalls } from "./webhook-calls.ts";
import { writeCalls } from "./write-calls.ts";

/** Where the local host listens. */
export const defaultUrl = "http://127.0.0.1:4700";

const fetchBytesDefault = 64 * 1_048_576;

export interface ClientOptions {
  /** The server's address. Default: that of the local host. */
  readonly url?: string | undefined;
  /** Sent with every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Adds a signature or a fresh token to each try of each request. */
  readonly sign?: RequestSigner | undefined;
  /** Default: `fetch`. On Node, `openNodeTransport()` takes a fraction of the processor time. */
  readonly transport?: Transport | undefined;
  /** `false`, or what to change in the defaults. */
  readonly retry?: Partial<RetryOptions> | false | undefined;
  /** Without an answer by then a try has failed; waiting of its own accord comes on top. */
  readonly requestTimeoutMs?: number | undefined;
  /** Requests that carry submissions at once. */
  readonly submitRequestsMax?: number | undefined;
  /** Submissions waiting in this client at once; more are refused. */
  readonly submitQueueMax?: number | undefined;
  /** Outputs above this size are not fetched by themselves; default 64 MiB. */
  readonly fetchBytesMax?: number | undefined;
  /** Time and chance; for tests. */
  readonly clock?: ClientClock | undefined;
}

/** A client of one server. The tenant is what the credential says; nothing here can set it. */
export function openClient<Tasks extends TaskTypes<Tasks> = AnyTasks>(
  options: ClientOptions = {},
): SwitchyardClient<Tasks> {
  const clock = options.clock ?? systemClientClock;
  const transport = options.transport ?? openFetchTransport();
  // Longer than an API gateway takes to give up, so that its answer is seen.
  const requestTimeoutMs = options.requestTimeoutMs ?? 35_000;
  const retry: RetryOptions =
    options.retry === false
      ? { ...retryDefaults, attemptsMax: 1 }
      : { ...retryDefaults, ...options.retry };
  const closing = new AbortController();
  const senderOptions: SenderOptions = {
    url: serverUrl(options.url ?? defaultUrl),
    transport,
    headers: options.headers ?? {},
    sign: options.sign,
    retry,
    requestTimeoutMs,
    clock,
    closing: closing.signal,
  };
  const sender = new RequestSender(senderOptions);
  const ask = askWith(sender);
  const queue = new SubmitQueue({
    sender,
    retry,
    clock,
    requestsMax: options.submitRequestsMax ?? 4,
    queuedMax: options.submitQueueMax ?? 100_000,
    closing: closing.signal,
  });
  const waiter = new InstanceWaiter(waitQuestions(ask, requestTimeoutMs), clock);
  const fetchBytesMax = options.fetchBytesMax ?? fetchBytesDefault;
  const payloads = new PayloadCalls({ ask, sender, senderOptions, fetchBytesMax });
  return {
    ...submitCalls<Tasks>(ask, queue, waiter, payloads),
    ...readCalls(ask),
    ...writeCalls(ask),
    ...functionCalls({ ask, transport, clock }),
    rules: rulesCalls(ask),
    pools: poolCalls(ask),
    limits: limitCalls(ask),
    switches: switchCalls(ask),
    schedules: scheduleCalls(ask),
    portrait: portraitCalls(ask),
    webhooks: webhookCalls(ask),
    findings: findingCalls(ask),
    ...calendarCalls(ask),
    ...triggerCalls(ask),
    ...groupCalls(ask),
    close() {
      closing.abort(clientClosed());
      queue.close();
      waiter.close(closing.signal.reason);
      transport.close();
    },
  };
}

/** The address without a slash at its end; a path is kept, as API stages have one. */
function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`"${text}" is not the address of a server, such as ${defaultUrl}`);
  }
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

function clientClosed(): SwitchyardError {
  return new SwitchyardError({
    code: "client_closed",
    status: 0,
    detail: "the client was closed before there was an answer",
    retryable: false,
    // Of a try before, perhaps, the server did carry something out.
    notApplied: false,
  });
}
