import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { limits } from "../../shared/core/limits.ts";
import { truncateUtf8 } from "../../shared/core/texts.ts";
import type { TryOutcome } from "../../shared/webhook/decide-delivery.ts";
import { hostOf, type WebhookReach, webhookUrlProblem } from "../../shared/webhook/webhook-url.ts";
import {
  type Resolve,
  type ResolvedAddress,
  resolveBySystem,
  resolveReceiver,
} from "./resolve-receiver.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { SignedMessage, WebhookSender } from "./webhook-sender.ts";

export interface SafeFetchOptions {
  readonly reach: WebhookReach;
  readonly now: () => number;
  /** For tests. */
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
  readonly answerBytesMax?: number;
  /** Certificates to trust instead of the public authorities'; for tests. */
  readonly ca?: string;
}

type Answer = Pick<TryOutcome, "status" | "error" | "retryAfterMs">;

const errorBytesMax = 200;

/**
 * Sends messages to addresses that strangers have chosen. The name is resolved once, every address
 * is checked, and only a checked one is connected to, under the name's own certificate. Redirects are
 * answers like any other; the whole of it, whatever the other side does, ends with the timeout.
 */
export function openSafeSender(options: SafeFetchOptions): WebhookSender {
  return {
    async send(message) {
      const startedAtMs = options.now();
      const answer = await sendWithin(options, message).catch(
        (error: unknown): Answer => ({ error: inWords(error) }),
      );
      return { ...answer, durationMs: Math.max(0, Math.round(options.now() - startedAtMs)) };
    },
  };
}

async function sendWithin(options: SafeFetchOptions, message: SignedMessage): Promise<Answer> {
  const problem = webhookUrlProblem(message.url, options.reach);
  if (problem !== undefined) return { error: `the address ${problem.message}` };
  const url = new URL(message.url);
  const timeoutMs = options.timeoutMs ?? limits.webhookTimeoutMs;
  const signal = AbortSignal.timeout(timeoutMs);
  const tooLate = new Promise<Answer>((settle) => {
    signal.addEventListener("abort", () => settle({ error: `no answer within ${timeoutMs} ms` }));
  });
  return Promise.race([tooLate, resolveAndPost(options, url, message, signal)]);
}

async function resolveAndPost(
  options: SafeFetchOptions,
  url: URL,
  message: SignedMessage,
  signal: AbortSignal,
): Promise<Answer> {
  const resolved = await resolveReceiver(url, options.reach, options.resolve ?? resolveBySystem);
  if (resolved.outcome === "refused") return { error: resolved.reason };
  return post(options, { url, message, signal, addresses: resolved.addresses });
}

interface Post {
  readonly url: URL;
  readonly message: SignedMessage;
  readonly signal: AbortSignal;
  readonly addresses: readonly ResolvedAddress[];
}

function post(options: SafeFetchOptions, { url, message, signal, addresses }: Post) {
  const body = Buffer.from(message.body, "utf8");
  const host = hostOf(url);
  const settings: https.RequestOptions = {
    method: "POST",
    protocol: url.protocol,
    hostname: host,
    port: url.port === "" ? undefined : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { ...message.headers, "content-length": body.length },
    // A connection of its own: one that is kept would outlive the check of its address.
    agent: false,
    lookup: onlyThese(addresses),
    signal,
    maxHeaderSize: 16_384,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  return new Promise<Answer>((settle, fail) => {
    const { request: open } = url.protocol === "https:" ? https : http;
    const request = open(settings, (answer) => {
      // The status is the receiver's word; whatever comes behind it changes nothing.
      settle(answerOf(answer, options));
      drain(answer, options.answerBytesMax ?? limits.webhookAnswerBytesMax);
    });
    request.on("error", fail);
    request.end(body);
  });
}

/** Answers what was checked, whoever asks and however often. */
function onlyThese(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

function answerOf({ statusCode, headers }: http.IncomingMessage, { now }: SafeFetchOptions) {
  const askedForMs = retryAfterMs(headers["retry-after"], now());
  return {
    ...(statusCode === undefined ? {} : { status: statusCode }),
    ...(askedForMs === undefined ? {} : { retryAfterMs: askedForMs }),
  };
}

/** Lets the receiver finish a short answer; a long one is cut off. Nothing of it is kept. */
function drain(answer: http.IncomingMessage, bytesMax: number): void {
  let bytes = 0;
  answer.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) answer.destroy();
  });
  // A receiver that breaks off has said what counts; without a listener this would end the process.
  answer.on("error", () => answer.destroy());
}

function inWords(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const text = typeof message === "string" ? message : String(error);
  const named = typeof code === "string" && !text.includes(code) ? `${code}: ${text}` : text;
  return truncateUtf8(named.replaceAll(/[^\x20-\x7e]+/g, " ").trim(), errorBytesMax);
}
