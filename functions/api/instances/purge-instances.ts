import type { Purge } from "../../../shared/contract/http/requests.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { limits } from "../../../shared/core/limits.ts";
import { outputIdOf } from "../../../shared/core/payload-ref.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { Change, StoredRecord } from "../../../shared/ports/store.ts";
import { makeCursor, placeOfCursor } from "../../lists/cursor.ts";
import { MergedScan } from "../../lists/merged-scan.ts";
import type { Engine } from "../../runtime/engine.ts";

export interface Purged {
  readonly instancesDeleted: number;
  readonly logsDeleted: number;
  readonly scanned: number;
  readonly nextCursor?: string;
}

/** Instances deleted side by side. */
const deletedAtOnce = 25;

/**
 * Deletes finished instances with their logs, oldest submission first, a bounded number per request.
 * An instance that somebody retries in the same moment stays.
 */
export async function purgeInstances(
  engine: Engine,
  tenant: string,
  { limit = limits.purgePageSize, cursor, ...filters }: Purge,
): Promise<Purged> {
  const binding = { tenant, operation: "purgeInstances", filters };
  const beforeMs = Date.parse(filters.before);
  // Nothing finishes before it was submitted, so later submissions need not be looked at.
  const scan = await MergedScan.open(engine.store, {
    tenant,
    task: filters.task,
    untilMs: beforeMs,
    after: placeOfCursor(engine.ids, binding, cursor),
    order: "ascending",
  });
  const states = filters.states === undefined ? undefined : new Set<string>(filters.states);
  const isMeant = ({ state, finishedAtMs }: Instance): boolean =>
    isTerminal(state) &&
    finishedAtMs !== undefined &&
    finishedAtMs < beforeMs &&
    (states === undefined || states.has(state));
  let counts = { instancesDeleted: 0, logsDeleted: 0, scanned: 0 };
  let last: string | undefined;
  while (counts.instancesDeleted < limit && counts.scanned < limits.listScanMax) {
    const candidates = await scan.take(Math.min(deletedAtOnce, limit - counts.instancesDeleted));
    if (candidates.length === 0) break;
    last = candidates.at(-1)?.sort;
    const records = await engine.store.getMany(candidates.map(({ key }) => key));
    const meant = records.filter(
      (record): record is StoredRecord =>
        record !== undefined && isMeant(record.body as unknown as Instance),
    );
    const deleted = await Promise.all(meant.map((record) => deleteInstance(engine, record)));
    await engine.payloads?.delete(
      tenant,
      meant.flatMap(({ body }, place) =>
        deleted[place]?.gone === true ? payloadIdsOf(body as unknown as Instance) : [],
      ),
    );
    counts = {
      instancesDeleted: counts.instancesDeleted + deleted.filter(({ gone }) => gone).length,
      logsDeleted: counts.logsDeleted + deleted.reduce((sum, { logs }) => sum + logs, 0),
      scanned: counts.scanned + candidates.length,
    };
  }
  const { instancesDeleted, logsDeleted } = counts;
  if (instancesDeleted > 0) engine.log.info("instances purged", { instancesDeleted, logsDeleted });
  return last === undefined || (await scan.isDone())
    ? counts
    : { ...counts, nextCursor: makeCursor(engine.ids, binding, last) };
}

/** Also of attempts that ended before they could say that they had put an output away. */
function payloadIdsOf({ inputRef, attempts }: Instance): readonly string[] {
  const outputs = attempts.map(({ id }) => outputIdOf(id));
  return inputRef === undefined ? outputs : [inputRef.id, ...outputs];
}

/** Logs that do not fit into one write with the instance go first, so that none is left behind. */
async function deleteInstance(
  engine: Engine,
  record: StoredRecord,
): Promise<{ readonly gone: boolean; readonly logs: number }> {
  const { tenant, id } = record.body as unknown as Instance;
  const found = await engine.store.query({
    index: "primary",
    partition: keys.instance(tenant, id).pk,
    order: "ascending",
    limit: limits.storePageMax,
  });
  const logs = await engine.store.getMany(
    found.filter(({ key }) => key.sk !== record.key.sk).map(({ key }) => key),
  );
  const changes = logs.flatMap((log): Change[] =>
    log === undefined ? [] : [{ kind: "delete", key: log.key, expect: log.version }],
  );
  // The check keeps the logs of an instance that was retried meanwhile.
  const check: Change = { kind: "check", key: record.key, expect: record.version };
  const perWrite = limits.changesPerWriteMax - 1;
  let deleted = 0;
  while (changes.length > perWrite) {
    const part = changes.splice(0, perWrite);
    const result = await engine.store.write([check, ...part]);
    if (result.outcome === "lost") return { gone: false, logs: deleted };
    deleted += part.length;
  }
  const result = await engine.store.write([
    { kind: "delete", key: record.key, expect: record.version },
    ...changes,
  ]);
  return result.outcome === "wrote"
    ? { gone: true, logs: deleted + changes.length }
    : { gone: false, logs: deleted };
}
