import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { addressProblem, hostOf, type WebhookReach } from "../../shared/webhook/webhook-url.ts";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** All addresses of a name, as this machine resolves it. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

export const resolveBySystem: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

export type ResolvedReceiver =
  | { readonly outcome: "resolved"; readonly addresses: readonly ResolvedAddress[] }
  | { readonly outcome: "refused"; readonly reason: string };

/**
 * The addresses that may be connected to. One that may not refuses them all: a name that leads inside
 * and outside is not to be trusted with either.
 */
export async function resolveReceiver(
  url: URL,
  reach: WebhookReach,
  resolve: Resolve,
): Promise<ResolvedReceiver> {
  const host = hostOf(url);
  const literal = isIP(host);
  const addresses: readonly ResolvedAddress[] =
    literal === 0 ? await resolve(host) : [{ address: host, family: literal === 6 ? 6 : 4 }];
  if (addresses.length === 0) return { outcome: "refused", reason: `${host} has no address` };
  const isSecure = url.protocol === "https:";
  for (const { address } of addresses) {
    const problem = addressProblem(address, reach, isSecure);
    if (problem !== undefined) return { outcome: "refused", reason: `${host}: ${problem}` };
  }
  return { outcome: "resolved", addresses };
}
