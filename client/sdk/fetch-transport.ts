import {
  type Transport,
  type TransportAnswer,
  type TransportRequest,
  transportErrorOf,
} from "./transport.ts";

/** The transport for every runtime that has `fetch`: browsers, Node, Deno, workers. */
export function openFetchTransport(fetchWith: typeof fetch = fetch): Transport {
  return {
    send: (request) => sendByFetch(fetchWith, request),
    close() {},
  };
}

async function sendByFetch(
  fetchWith: typeof fetch,
  request: TransportRequest,
): Promise<TransportAnswer> {
  const { method, url, headers, body, timeoutMs, signal } = request;
  signal?.throwIfAborted();
  const timer = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetchWith(url, {
      method,
      headers: { ...headers },
      signal: signal === undefined ? timer : AbortSignal.any([signal, timer]),
      // A redirect would send the body, and perhaps a credential, to a place nobody named.
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      text,
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw transportErrorOf(error, timer.aborted ? timeoutMs : undefined);
  }
}
