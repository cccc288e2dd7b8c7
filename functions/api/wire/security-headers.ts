/** On every answer: nothing here is to be framed, sniffed, cached or executed. */
const always: readonly (readonly [string, string])[] = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cache-control", "no-store"],
];

const nothingAtAll = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

export function secure(response: Response, overHttps: boolean): Response {
  const { headers } = response;
  for (const [name, value] of always) if (!headers.has(name)) headers.set(name, value);
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", nothingAtAll);
  if (overHttps) headers.set("strict-transport-security", "max-age=63072000; includeSubDomains");
  return response;
}
