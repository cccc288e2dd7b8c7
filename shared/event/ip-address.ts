/** The bytes of an address: 4 or 16 of them. */
export type IpAddress = readonly number[];

export interface IpRange {
  readonly address: IpAddress;
  /** Leading bits that must be the same. */
  readonly bits: number;
}

/** IPv4 in four decimal parts, or IPv6; an IPv6 address that stands for an IPv4 one is that one. */
export function parseIp(text: string): IpAddress | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const bytes = text.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes : undefined;
  }
  // No address is longer; and nothing else can be one.
  if (text.length > 39 || !/^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/.test(text)) return undefined;
  const words = wordsOf(text);
  if (words === undefined) return undefined;
  const bytes = words.flatMap((word) => [word >> 8, word & 0xff]);
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && words[5] === 0xffff;
  return isMapped ? bytes.slice(12) : bytes;
}

/** Eight words; `::` stands once for as many zeros as are missing. */
function wordsOf(text: string): readonly number[] | undefined {
  const [before = "", after, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const left = before === "" ? [] : before.split(":");
  const right = after === undefined || after === "" ? [] : after.split(":");
  const missing = 8 - left.length - right.length;
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  if (!all.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return undefined;
  return all.map((word) => Number.parseInt(word, 16));
}

/** `10.0.0.0/24`, or what is wrong with it. */
export function parseIpRange(text: string): IpRange | string {
  const [addressText = "", bitsText, ...more] = text.split("/");
  if (bitsText === undefined || more.length > 0) return "must be an address, a slash and a number";
  const address = parseIp(addressText);
  if (address === undefined) return `has no IPv4 or IPv6 address before the slash`;
  const bitsMax = address.length === 4 ? 31 : 127;
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  if (!(bits <= bitsMax)) return `must have a number from 0 to ${bitsMax} behind the slash`;
  return { address, bits };
}

export function isInRange({ address, bits }: IpRange, candidate: IpAddress): boolean {
  if (address.length !== candidate.length) return false;
  return address.every((byte, index) => {
    const fixed = Math.min(8, Math.max(0, bits - index * 8));
    const mask = (0xff << (8 - fixed)) & 0xff;
    return (byte & mask) === ((candidate[index] ?? 0) & mask);
  });
}

export function isSameIp(left: IpAddress, right: IpAddress): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
