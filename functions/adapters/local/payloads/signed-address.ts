import { createHmac, timingSafeEqual } from "node:crypto";
import { isPayloadId } from "../../../../shared/core/payload-ref.ts";
import { Name } from "../../../../shared/core/texts.ts";

/** What an address lets its holder do, and nothing else. */
export interface PayloadGrant {
  readonly method: "PUT" | "GET";
  readonly tenant: string;
  readonly id: string;
  readonly expiresAtMs: number;
  /** Of a PUT: exactly so many bytes. */
  readonly bytes?: number;
  readonly sha256?: string;
}

/** The address of a payload on this server, signed so that nobody can make another one of it. */
export function signedAddress(server: string, secret: Uint8Array, grant: PayloadGrant): string {
  const { tenant, id, expiresAtMs, bytes, sha256 } = grant;
  // Names, digits and hexadecimal digits: nothing that needs escaping, and each attempt has one.
  const exactly = bytes === undefined ? "" : `&bytes=${bytes}`;
  const content = sha256 === undefined ? "" : `&sha256=${sha256}`;
  const signature = signatureOf(secret, grant).toString("hex");
  return `${server}/v1/payloads/${id}?tenant=${tenant}&expires=${expiresAtMs}${exactly}${content}&signature=${signature}`;
}

/** The grant that an address carries; undefined when it was not signed here, or not as it stands. */
export function grantOf(
  address: URL,
  method: PayloadGrant["method"],
  secret: Uint8Array,
): PayloadGrant | undefined {
  const id = address.pathname.slice("/v1/payloads/".length);
  const { tenant, expires, bytes, sha256, signature } = onceEach(address.searchParams);
  if (!isPayloadId(id) || !Name.safeParse(tenant).success || tenant === undefined) return undefined;
  if (!isDigits(expires) || !(bytes === undefined || isDigits(bytes))) return undefined;
  const grant: PayloadGrant = {
    method,
    tenant,
    id,
    expiresAtMs: Number(expires),
    ...(bytes === undefined ? {} : { bytes: Number(bytes) }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
  const shown = Buffer.from(signature ?? "", "hex");
  const right = signatureOf(secret, grant);
  return shown.length === right.length && timingSafeEqual(shown, right) ? grant : undefined;
}

function signatureOf(secret: Uint8Array, grant: PayloadGrant): Buffer {
  const { method, tenant, id, expiresAtMs, bytes = "", sha256 = "" } = grant;
  const said = [method, tenant, id, expiresAtMs, bytes, sha256].join("\n");
  return createHmac("sha256", secret).update(said).digest();
}

function isDigits(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,15}$/.test(text);
}

/** A parameter that comes twice could be read one way and checked another: it makes the address void. */
function onceEach(query: URLSearchParams): Readonly<Partial<Record<string, string>>> {
  const values: Partial<Record<string, string>> = {};
  for (const name of query.keys()) {
    const [value, ...more] = query.getAll(name);
    if (value === undefined || more.length > 0) return {};
    values[name] = value;
  }
  return values;
}
