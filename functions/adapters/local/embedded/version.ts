import type { Key, RecordType, StoredRecord } from "../../../../shared/ports/store.ts";

/**
 * One accepted state of a record: what readers get, the feed tells and the disk receives. One
 * object serves them all, because at full speed making objects is what costs most.
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
  /** The record as it is stored; dropped when the disk has it in its final place. */
  line: string | undefined;
}

/** What is known of a key under which nothing was found. */
export const absent: Pick<Version, "record" | "group"> = { record: undefined, group: 0 };
