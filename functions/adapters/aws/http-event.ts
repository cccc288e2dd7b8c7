import * as z from "zod";

/**
 * A request as an HTTP API hands it over (payload format 2.0). Everything below `requestContext` is
 * API Gateway's own word; everything else comes from the client.
 */
const HttpEvent = z.object({
  version: z.literal("2.0"),
  rawPath: z.string().startsWith("/"),
  rawQueryString: z.string().default(""),
  headers: z.record(z.string(), z.string()).default({}),
  cookies: z.array(z.string()).optional(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({
    domainName: z.string().default("localhost"),
    http: z.object({ method: z.string().min(1) }),
  }),
});

/** The answer that API Gateway passes on. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** The event as a standard request, or undefined when it is none that could be answered. */
export function requestOf(event: unknown): Request | undefined {
  const parsed = HttpEvent.safeParse(event);
  if (!parsed.success) return undefined;
  const { rawPath, rawQueryString, cookies, body, isBase64Encoded, requestContext } = parsed.data;
  const { method } = requestContext.http;
  const query = rawQueryString === "" ? "" : `?${rawQueryString}`;
  try {
    const headers = new Headers(parsed.data.headers);
    if (cookies !== undefined) headers.set("cookie", cookies.join("; "));
    const mayHaveBody = method !== "GET" && method !== "HEAD";
    return new Request(`https://${requestContext.domainName}${rawPath}${query}`, {
      method,
      headers,
      ...(mayHaveBody && body !== undefined && body !== null
        ? { body: isBase64Encoded ? Buffer.from(body, "base64") : body }
        : {}),
    });
  } catch (error) {
    // Bytes that no header, method or URL may have: the platform's own classes refuse them.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The response as API Gateway takes it. The API answers texts only. */
export async function answerOf(response: Response): Promise<HttpAnswer> {
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
    isBase64Encoded: false,
  };
}
