import type { Change, Key, StoredRecord } from "../../../shared/ports/store.ts";
import type { TaskVersion } from "../../../shared/task/task.ts";
import type { Prepared } from "../prepare-submission.ts";

/** A submission of a task whose instances depend on those that are open already. */
export interface Arrival {
  /** As it would be opened on its own. */
  readonly prepared: Prepared;
  readonly definition: TaskVersion;
  readonly actor: string;
  /** Its id is derived from its key, slot or event, so that a repeat has the same. */
  readonly isKnownById: boolean;
  /** Written together with whatever it becomes, given the id of that; absent where there is nothing. */
  readonly extraOf?: (instanceId: string) => readonly Change[];
}

/** Which instance holds a lock, or gathers. */
export interface LockBody {
  readonly instanceId: string;
}

export function lockChange(
  key: Key,
  present: StoredRecord | undefined,
  instanceId: string,
): Change {
  const body: LockBody = { instanceId };
  return { kind: "put", record: { key, type: "lock", body }, expect: present?.version ?? "absent" };
}

export function holderOfLock(lock: StoredRecord | undefined): string | undefined {
  return (lock?.body as LockBody | undefined)?.instanceId;
}
