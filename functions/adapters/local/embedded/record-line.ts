import type { JsonObject } from "../../../../shared/core/json.ts";
import type { Key, RecordType, StoredRecord } from "../../../../shared/ports/store.ts";

/**
 * One version of a record as one line of JSON, made once and used for the journal and for the
 * record's row: `[pk, sk, type, version, expiresAtMs or 0, body]`. A deletion ends after the version.
 */
export function lineOf(record: StoredRecord): string {
  const { key, type, version, body, expiresAtMs = 0 } = record;
  return JSON.stringify([key.pk, key.sk, type, version, expiresAtMs, body]);
}

/** The line of a deletion; `version` is the one that was deleted. */
export function deletionLineOf(key: Key, type: RecordType, version: number): string {
  return JSON.stringify([key.pk, key.sk, type, version]);
}

/** What a line says: the record, or that the record is gone. */
export interface DecodedLine {
  readonly key: Key;
  readonly type: RecordType;
  readonly version: number;
  readonly record: StoredRecord | undefined;
}

type Line =
  | [pk: string, sk: string, type: RecordType, version: number]
  | [pk: string, sk: string, type: RecordType, version: number, expires: number, body: JsonObject];

export function decodeLine(text: string): DecodedLine {
  // Lines are written by this file only and read back under a checksum.
  const line = JSON.parse(text) as Line;
  const [pk, sk, type, version] = line;
  const key = { pk, sk };
  if (line.length === 4) return { key, type, version, record: undefined };
  const [, , , , expiresAtMs, body] = line;
  const record: StoredRecord =
    expiresAtMs === 0 ? { key, type, version, body } : { key, type, version, body, expiresAtMs };
  return { key, type, version, record };
}
