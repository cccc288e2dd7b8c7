import { isLoopbackAddress, isPublicAddress } from "./public-address.ts";

/** Where messages may go. */
export interface WebhookReach {
  /** Also to this very machine, by any port and without TLS: for trying things out, never on a server. */
  readonly loopback: boolean;
}

export interface UrlProblem {
  readonly message: string;
  readonly suggestion?: string;
}

/** What is wrong with the address of a receiver, as far as its text shows; names are resolved later. */
export function webhookUrlProblem(text: string, reach: WebhookReach): UrlProblem | undefined {
  // `new URL` drops line ends and mends backslashes, so that a text may not be what it seems.
  if (/[^\x21-\x7e]|\\/.test(text)) {
    return { message: "must be printable ASCII without spaces and backslashes" };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return { message: "is not an absolute URL" };
  if (url.username !== "" || url.password !== "" || /^[a-z]+:\/\/[^/?#]*@/i.test(text)) {
    return {
      message: "must not hold a user name or password",
      suggestion: "receivers know messages by their signature: see docs/webhooks.md",
    };
  }
  if (url.hash !== "") return { message: "must not have a fragment: it is never sent" };
  const host = hostOf(url);
  const isName = !/^[\d.]+$|:/.test(host);
  const isHere = isName ? /^(.+\.)?localhost\.?$/.test(host) : isLoopbackAddress(host);
  if (isHere && reach.loopback && /^https?:$/.test(url.protocol)) return undefined;
  if (isHere) {
    return {
      message: "leads to this machine itself",
      suggestion: "a local host takes it when it is started with --webhooks-to-loopback",
    };
  }
  if (url.protocol !== "https:") {
    return { message: "must begin with https://", suggestion: "messages travel over TLS only" };
  }
  if (url.port !== "") return { message: `must not name a port; it names ${url.port}` };
  if (!isName && !isPublicAddress(host)) {
    return { message: `leads to ${host}, which is not an address of the public internet` };
  }
  if (isName && !/\../.test(host)) {
    return { message: `leads to "${host}", which is a name of some private network` };
  }
  return undefined;
}

/** The host as it is resolved: IPv6 addresses without their brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Why an address that a name was resolved to must not be called; undefined when it may. */
export function addressProblem(
  address: string,
  { loopback }: WebhookReach,
  isSecure: boolean,
): string | undefined {
  if (loopback && isLoopbackAddress(address)) return undefined;
  if (!isSecure) return `${address} is not this machine, and elsewhere only https is spoken`;
  return isPublicAddress(address)
    ? undefined
    : `${address} is not an address of the public internet`;
}
