import { keys } from "../../../shared/contract/keys.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Change, Expectation, Key, NewRecord, Store } from "../../../shared/ports/store.ts";

/** An instance as it looks right after its submission; `fields` replace what a test is about. */
export function instanceBody(tenant: string, id: string, fields: Partial<Instance> = {}): Instance {
  const createdAtMs = fields.createdAtMs ?? 1_700_000_000_000;
  return {
    id,
    tenant,
    version: 1,
    task: "resize",
    taskVersion: 1,
    state: "pending",
    waiting: "due",
    createdAtMs,
    dueAtMs: createdAtMs,
    wakeAtMs: createdAtMs + 60_000,
    timeoutSeconds: 300,
    priority: 5,
    round: 1,
    attemptCount: 0,
    taskFailures: 0,
    infraFailures: 0,
    attempts: [],
    submittedBy: "contract",
    history: [{ version: 1, atMs: createdAtMs, command: "submit", to: "pending", reason: "due" }],
    ...fields,
  };
}

/** The instance of `instanceBody` as a record to put. */
export function instanceRecord(
  tenant: string,
  id: string,
  fields: Partial<Instance> = {},
): NewRecord<Instance> {
  return {
    key: keys.instance(tenant, id),
    type: "instance",
    body: instanceBody(tenant, id, fields),
  };
}

/** An instance in its last state: it has no wake. */
export function finishedRecord(tenant: string, id: string): NewRecord<Instance> {
  const { wakeAtMs: _wake, waiting: _waiting, ...open } = instanceBody(tenant, id);
  return {
    key: keys.instance(tenant, id),
    type: "instance",
    body: { ...open, state: "succeeded", finishedAtMs: open.createdAtMs + 1_000 },
  };
}

/** A record without index entries. */
export function rollupRecord(
  tenant: string,
  bucket: string,
  body: object,
): NewRecord<object> & { readonly key: Key } {
  return { key: keys.rollup(tenant, "resize", bucket, "lambda"), type: "rollup", body };
}

export function put(record: NewRecord<object>, expect: Expectation): Change {
  return { kind: "put", record, expect };
}

export function add(
  key: Key,
  amounts: Readonly<Record<string, number>>,
  bounds?: Readonly<Record<string, { readonly min?: number; readonly max?: number }>>,
): Change {
  return {
    kind: "add",
    key,
    type: "rollup",
    amounts,
    ...(bounds === undefined ? {} : { bounds }),
  };
}

/** Writes that a test takes for granted: a lost one fails the test here, where it happened. */
export async function mustWrite(store: Store, ...changes: Change[]): Promise<void> {
  const result = await store.write(changes);
  if (result.outcome !== "wrote") {
    throw new Error(`the write was lost: ${JSON.stringify(result.conflicts)}`);
  }
}
