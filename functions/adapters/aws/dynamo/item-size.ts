import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { utf8Bytes } from "../../../../shared/core/texts.ts";

/** One item of the table as the wire carries it. */
export type Item = Record<string, AttributeValue>;

const writeUnitBytes = 1024;

/** Bytes of an item as DynamoDB bills them: names and values, without the storage overhead. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += utf8Bytes(name) + valueBytes(value);
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return utf8Bytes(value.S);
  if (value.B !== undefined) return value.B.byteLength;
  // Two digits share a byte; one more for the exponent, and one for a minus sign.
  if (value.N !== undefined) return Math.ceil(value.N.replace(/\D/g, "").length / 2) + 2;
  return 0;
}

/** What writing an item of this size costs in the table itself; index entries come on top. */
export function writeUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / writeUnitBytes));
}
