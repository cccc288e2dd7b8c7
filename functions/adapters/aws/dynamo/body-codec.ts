import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { InvariantError } from "../../../../shared/core/errors.ts";
import { limits } from "../../../../shared/core/limits.ts";
import { utf8Bytes } from "../../../../shared/core/texts.ts";
import { bodyDictionaries, currentDictionary } from "./body-dictionary.ts";
import { writeUnitsOf } from "./item-size.ts";

const dictionaryBytes = new Map(
  Object.entries(bodyDictionaries).map(([number, text]) => [Number(number), Buffer.from(text)]),
);

/**
 * The body as one attribute: readable JSON, or packed when that saves at least one write unit.
 * `otherBytes` is the size of the rest of the item, which shares the unit with the body.
 */
export function encodeBody(json: string, otherBytes: number): AttributeValue {
  const plainUnits = writeUnitsOf(otherBytes + utf8Bytes(json));
  if (plainUnits === 1) return { S: json };
  const packed = pack(json);
  return writeUnitsOf(otherBytes + packed.byteLength) < plainUnits ? { B: packed } : { S: json };
}

/** The JSON text of a body attribute, whichever form it has. */
export function decodeBody(value: AttributeValue): string {
  if (value.S !== undefined) return value.S;
  if (value.B !== undefined) return unpack(value.B);
  throw new InvariantError("A body attribute is neither text nor binary.");
}

/** Raw deflate behind one byte that names the dictionary. */
function pack(json: string): Uint8Array {
  const packed = deflateRawSync(json, { level: 9, dictionary: dictionary(currentDictionary) });
  return Buffer.concat([Buffer.of(currentDictionary), packed]);
}

function unpack(packed: Uint8Array): string {
  return inflateRawSync(packed.subarray(1), {
    dictionary: dictionary(packed[0] ?? 0),
    // Far above any record that the edge lets in: a damaged item must not fill the memory.
    maxOutputLength: 16 * limits.recordBytesMax,
  }).toString("utf8");
}

function dictionary(number: number): Buffer {
  const bytes = dictionaryBytes.get(number);
  if (bytes === undefined) {
    throw new InvariantError(
      `A body was packed with dictionary ${number}, which this version does not know; a newer version wrote it.`,
    );
  }
  return bytes;
}
