/**
 * What is not the public internet, by the registries of special-purpose addresses
 * (https://www.iana.org/assignments/iana-ipv4-special-registry): private and link-local networks,
 * loopback, carriers' networks, multicast, documentation, relays, and whatever is reserved.
 */
const closedIpv4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  // Also where clouds answer questions about credentials.
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  // The host of a virtual machine on Azure; public by its form only.
  "168.63.129.16/32",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map((text) => {
  const [base = "", bits = "32"] = text.split("/");
  const size = 2 ** (32 - Number(bits));
  const first = ipv4Number(base) ?? 0;
  return { first, last: first + size - 1 };
});

/** Of the addresses in 2000::/3, which alone are routed: the groups they begin with, and how many bits. */
const closedIpv6: readonly (readonly [high: number, low: number, bits: number])[] = [
  // Protocol assignments, among them Teredo, which carries any IPv4 address.
  [0x2001, 0x0000, 23],
  [0x2001, 0x0db8, 32],
  // 6to4, which carries any IPv4 address.
  [0x2002, 0x0000, 16],
  [0x3fff, 0x0000, 20],
];

/** True only for addresses of the public internet, whatever form they are written in. */
export function isPublicAddress(address: string): boolean {
  const ipv4 = ipv4Number(address);
  if (ipv4 !== undefined) return isPublicIpv4(ipv4);
  const groups = ipv6Groups(address);
  return groups !== undefined && isPublicIpv6(groups);
}

/** True for this machine itself. */
export function isLoopbackAddress(address: string): boolean {
  const ipv4 = ipv4Number(address);
  if (ipv4 !== undefined) return ipv4 >>> 24 === 127;
  const groups = ipv6Groups(address);
  if (groups === undefined) return false;
  const carried = carriedIpv4(groups);
  if (carried !== undefined) return carried >>> 24 === 127;
  return groups.every((group, place) => group === (place === 7 ? 1 : 0));
}

function isPublicIpv4(address: number): boolean {
  return closedIpv4.every(({ first, last }) => address < first || address > last);
}

function isPublicIpv6(groups: readonly number[]): boolean {
  const carried = carriedIpv4(groups);
  if (carried !== undefined) return isPublicIpv4(carried);
  const [high = 0, low = 0] = groups;
  if (high >>> 13 !== 1) return false;
  const start = high * 65_536 + low;
  return closedIpv6.every(
    ([closedHigh, closedLow, bits]) =>
      Math.floor(start / 2 ** (32 - bits)) !==
      Math.floor((closedHigh * 65_536 + closedLow) / 2 ** (32 - bits)),
  );
}

/** The IPv4 address in a mapped one (::ffff:0:0/96), or in one that a NAT64 translates (64:ff9b::/96). */
function carriedIpv4(groups: readonly number[]): number | undefined {
  const [a, b, c, d, e, f, high = 0, low = 0] = groups;
  const restIsZero = c === 0 && d === 0 && e === 0;
  const isMapped = a === 0 && b === 0 && restIsZero && f === 0xffff;
  const isTranslated = a === 0x64 && b === 0xff9b && restIsZero && f === 0;
  return isMapped || isTranslated ? high * 65_536 + low : undefined;
}

/** Four decimal numbers and nothing else: the other old forms are for `new URL` to make sense of. */
function ipv4Number(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** The eight groups of an IPv6 address; one with a zone, which is of this machine only, has none. */
function ipv6Groups(text: string): readonly number[] | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const ipv4 = tail === null ? undefined : ipv4Number(tail[2] ?? "");
  if (tail !== null && ipv4 === undefined) return undefined;
  const plain =
    tail === null || ipv4 === undefined
      ? text
      : `${tail[1]}${Math.floor(ipv4 / 65_536).toString(16)}:${(ipv4 % 65_536).toString(16)}`;
  const halves = plain.split("::");
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...new Array<string>(missing).fill("0"), ...right];
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16));
}
