import { randomUUID } from "node:crypto";
import {
  type ConsumedCapacity,
  DeleteItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { assert, TransientError } from "../../../../shared/core/errors.ts";
import { limits } from "../../../../shared/core/limits.ts";
import type { Change, WriteResult } from "../../../../shared/ports/store.ts";
import { requestOf } from "./change-requests.ts";
import { faultOf } from "./faults.ts";
import { conflictsOf, estimatedUnits, fateOfEarlierTry, findingsOf } from "./lost-write.ts";
import { get } from "./read.ts";
import { withRetries } from "./retries.ts";
import { countCapacity, type TableAccess } from "./table-access.ts";

type Consumed = ConsumedCapacity | readonly ConsumedCapacity[] | undefined;

/** One way of sending a write; `token` identifies tries that must count as one. */
interface Sending {
  readonly action: string;
  send(token: string): Promise<Consumed>;
}

/** Atomic over all changes: one conditional action when there is one, a transaction otherwise. */
export async function write(table: TableAccess, changes: readonly Change[]): Promise<WriteResult> {
  const [first, ...others] = changes;
  if (first === undefined) return { outcome: "wrote" };
  assertWritable(changes);
  if (others.length > 0) return send(table, changes, transaction(table, changes));
  if (first.kind === "check") return checkAlone(table, first);
  return send(table, changes, single(table, first));
}

async function send(
  table: TableAccess,
  changes: readonly Change[],
  sending: Sending,
): Promise<WriteResult> {
  // Only what expects a state that its own success ends cannot happen twice; sums alone could.
  const guarded = changes.some(({ kind }) => kind === "put" || kind === "delete");
  let token = randomUUID();
  let unclearBefore = false;
  return withRetries(table, sending.action, { afterUnclear: guarded }, async () => {
    try {
      countCapacity(table, "dynamodb.writeUnits", await sending.send(token));
      return { outcome: "wrote" };
    } catch (error) {
      const findings = findingsOf(error);
      if (findings === undefined) {
        if (faultOf(error).kind === "unclear") unclearBefore = true;
        else token = randomUUID();
        throw error;
      }
      table.meter.count("dynamodb.writeUnits", estimatedUnits(findings));
      const fate =
        unclearBefore || sdkTriedBefore(error)
          ? fateOfEarlierTry(changes, findings)
          : "not applied";
      if (fate === "applied") return { outcome: "wrote" };
      if (fate === "not applied") return { outcome: "lost", conflicts: conflictsOf(findings) };
      throw new TransientError(
        `${sending.action} on table ${table.tableName} got no answer, and what is there now does not show whether it was applied: read again and decide anew.`,
        { cause: error },
      );
    }
  });
}

/** A client opened with the SDK's retries on may have met its own write. */
function sdkTriedBefore(error: unknown): boolean {
  const { $metadata: metadata } = error as { readonly $metadata?: { readonly attempts?: number } };
  return (metadata?.attempts ?? 1) > 1;
}

function single(table: TableAccess, change: Exclude<Change, { kind: "check" }>): Sending {
  const { Put, Delete, Update } = requestOf(change, table.tableName);
  const { client } = table;
  const count = { ReturnConsumedCapacity: "TOTAL" } as const;
  const commands = {
    put: () => client.send(new PutItemCommand({ ...count, ...required(Put) })),
    delete: () => client.send(new DeleteItemCommand({ ...count, ...required(Delete) })),
    add: () => client.send(new UpdateItemCommand({ ...count, ...required(Update) })),
  };
  const actions = { put: "PutItem", delete: "DeleteItem", add: "UpdateItem" } as const;
  return {
    action: `dynamodb:${actions[change.kind]}`,
    send: async () => (await commands[change.kind]()).ConsumedCapacity,
  };
}

function required<Request>(request: Request | undefined): Request {
  assert(request !== undefined, "a change has exactly one request");
  return request;
}

function transaction(table: TableAccess, changes: readonly Change[]): Sending {
  const items = changes.map((change) => requestOf(change, table.tableName));
  return {
    action: "dynamodb:TransactWriteItems",
    send: async (token) => {
      const command = new TransactWriteItemsCommand({
        TransactItems: items,
        // The same token again within ten minutes is answered from memory; later the conditions decide.
        ClientRequestToken: token,
        ReturnConsumedCapacity: "TOTAL",
      });
      return (await table.client.send(command)).ConsumedCapacity;
    },
  };
}

/** A lone check is a strongly consistent read: cheaper than a write that changes nothing. */
async function checkAlone(
  table: TableAccess,
  change: Extract<Change, { kind: "check" }>,
): Promise<WriteResult> {
  const current = await get(table, change.key);
  const present = current === undefined ? "absent" : current.version;
  if (present === change.expect) return { outcome: "wrote" };
  return { outcome: "lost", conflicts: [{ changeIndex: 0, current }] };
}

function assertWritable(changes: readonly Change[]): void {
  assert(
    changes.length <= limits.changesPerWriteMax,
    `a write has at most ${limits.changesPerWriteMax} changes, not ${changes.length}`,
  );
  const keys = changes.map((change) => {
    const { pk, sk } = change.kind === "put" ? change.record.key : change.key;
    return JSON.stringify([pk, sk]);
  });
  assert(new Set(keys).size === keys.length, "the changes of a write must have different keys");
}
