import { type Attempt, type Instance, liveAttempt } from "../../../shared/instance/instance.ts";
import type { FeedChange } from "../../../shared/ports/store.ts";
import type { TaskVersion } from "../../../shared/task/task.ts";

/** An attempt with the instance as the write leaves it. */
export interface AttemptChange {
  readonly instance: Instance;
  readonly attempt: Attempt;
}

/** What one accepted write did, as those who check gates want to see it. */
export interface GateWrite {
  readonly atMs: number;
  readonly changes: readonly FeedChange[];
  /** Instances as they were and as they are. */
  readonly moves: readonly { readonly before: Instance | undefined; readonly after: Instance }[];
  readonly claims: readonly AttemptChange[];
  readonly ends: readonly AttemptChange[];
}

/** A tenant's definition of the task that an instance runs. */
export type DefinitionOf = (instance: Instance) => TaskVersion | undefined;

export function gateWriteOf(
  atMs: number,
  changes: readonly FeedChange[],
  before: ReadonlyMap<string, Instance>,
): GateWrite {
  const moves = changes.flatMap(({ record }) => {
    if (record?.type !== "instance") return [];
    const after = record.body as unknown as Instance;
    return [{ before: before.get(after.id), after }];
  });
  const claims: AttemptChange[] = [];
  const ends: AttemptChange[] = [];
  for (const { before: present, after } of moves) {
    const [was, is] = [present && liveAttempt(present), liveAttempt(after)];
    if (was !== undefined && was.id !== is?.id) {
      const attempt = after.attempts.find(({ id }) => id === was.id) ?? was;
      ends.push({ instance: after, attempt });
    }
    if (is !== undefined && is.id !== was?.id) claims.push({ instance: after, attempt: is });
  }
  return { atMs, changes, moves, claims, ends };
}

/** The records of one kind in a write, by what their keys say between their marks. */
export function bodiesIn<Body>(
  { changes }: GateWrite,
  type: FeedChange["type"],
): readonly {
  readonly tenant: string;
  readonly name: string;
  readonly sk: string;
  readonly body: Body;
}[] {
  return changes.flatMap(({ key, record }) => {
    if (record?.type !== type) return [];
    const [, tenant = "", , name = ""] = key.pk.split("#");
    return [{ tenant, name, sk: key.sk, body: record.body as unknown as Body }];
  });
}
