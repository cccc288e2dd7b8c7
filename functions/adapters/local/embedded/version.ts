import type { Key, RecordType, StoredRecord } from "../../../../shared/ports/store.ts";

/**
 * One accepted state of a record: what readers get, the feed tells and the disk receives. One
 * object serves them all, because at full speed keeping objects is what costs most.
 */
export interface Version {
  readonly key: Key;
  /** `keyText` of the key. */
  readonly text: string;
  readonly type: RecordType;
  /** undefined when the record is deleted. */
  readonly record: StoredRecord | undefined;
  /** The number of the commit group that carries it; 0 when it was read from disk. */
  readonly group: number;
  /** As it is stored; only on its way to the journal. */
  line: string | undefined;
  /** As it was stored: from `start` to `end` of these bytes, until it is in its final place. */
  bytes: Buffer | undefined;
  start: number;
  end: number;
}

export function newVersion(
  key: Key,
  text: string,
  type: RecordType,
  record: StoredRecord | undefined,
  group: number,
  line: string | undefined,
): Version {
  return { key, text, type, record, group, line, bytes: undefined, start: 0, end: 0 };
}

/** What is known of a key under which nothing was found. */
export const absent: Pick<Version, "record" | "group"> = { record: undefined, group: 0 };
