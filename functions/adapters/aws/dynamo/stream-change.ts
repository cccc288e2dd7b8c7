import { InvariantError } from "../../../../shared/core/errors.ts";
import type { FeedChange } from "../../../../shared/ports/store.ts";
import type { Item } from "./item-size.ts";
import { keyOf, recordOf } from "./record-item.ts";
import { recordTypeOfKey } from "./record-type-of-key.ts";

/** A change that came through the table's stream. */
export interface StreamChange extends FeedChange {
  /** There when the table's time to live removed the record, not a write of ours. */
  readonly expired?: true;
}

/** What the stream tells of one change, whichever way it was read. */
export interface StreamRecordFacts {
  readonly keys: Item;
  /** Absent when the change was a deletion. */
  readonly newImage: Item | undefined;
  readonly sequenceNumber: string;
  /** Who deleted: present only for the table's own time to live. */
  readonly removedBy: string | undefined;
}

const timeToLivePrincipal = "dynamodb.amazonaws.com";

/** A stream record as a change of the feed; the sequence number is its position. */
export function streamChangeOf(facts: StreamRecordFacts): StreamChange {
  const record = facts.newImage === undefined ? undefined : recordOf(facts.newImage);
  const key = keyOf(facts.keys);
  const type = record?.type ?? recordTypeOfKey(key);
  if (type === undefined) {
    throw new InvariantError(`A deleted key has a form that no record type has: ${key.pk}`);
  }
  const expired = record === undefined && facts.removedBy === timeToLivePrincipal;
  const change = { key, type, record, position: facts.sequenceNumber };
  return expired ? { ...change, expired } : change;
}
