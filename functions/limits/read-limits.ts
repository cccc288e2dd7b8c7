import { isoTime } from "../../shared/contract/http/iso-time.ts";
import type { HoldersQuery } from "../../shared/contract/http/limit-routes.ts";
import type { LimitUseView } from "../../shared/contract/http/limit-views.ts";
import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys, timeSort } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { keyOfValue } from "../../shared/core/path-expression.ts";
import { gates, waitingForOf } from "../../shared/limit/gate-names.ts";
import type { Gate } from "../../shared/limit/gates-of.ts";
import type { Limit } from "../../shared/limit/limit.ts";
import { heldIn, type SlotHolder } from "../../shared/limit/slots.ts";
import { startAtMs, startsLeft } from "../../shared/limit/token-bucket.ts";
import { readGates, readShards } from "../gates/gate-records.ts";
import { firstWaiters } from "../gates/line.ts";
import { makeCursor, placeOfCursor } from "../lists/cursor.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { getLimit } from "./limit-records.ts";

/** The tenant's limits in the order of their names. */
export async function listLimits(
  engine: Engine,
  tenant: string,
  query: PageQuery,
): Promise<{ readonly limits: readonly Limit[]; readonly nextCursor?: string }> {
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.limit(tenant, "").pk,
      order: "ascending",
      binding: { tenant, operation: "listLimits", filters: {} },
    },
    query,
  );
  return { limits: records.map(({ body }) => body as unknown as Limit), ...next };
}

/** How much of a limit, or of one of its keys, is in use right now. */
export async function useOfLimit(
  { store, clock }: Engine,
  { tenant, name, spec }: Limit,
  key: string | undefined,
): Promise<LimitUseView> {
  const gate = gateOf(name, key);
  const { concurrency, rate } = spec;
  const asked: Gate[] = [];
  if (concurrency !== undefined) asked.push({ kind: "slots", gate, max: concurrency });
  if (rate !== undefined) asked.push({ kind: "rate", gate, rate });
  const [reads, ...lines] = await Promise.all([
    readGates(store, tenant, asked),
    ...asked.map(({ kind }) =>
      firstWaiters(store, tenant, waitingForOf(kind, gate), limits.storePageMax),
    ),
  ]);
  const nowMs = clock.now();
  let use: LimitUseView = { waiting: lines.reduce((sum, { length }) => sum + length, 0) };
  for (const read of reads) {
    if ("shards" in read) {
      use = { ...use, held: heldIn(read.shards) };
    } else {
      const nextStartAt = isoTime(startAtMs(read.gate.rate, read.record, nowMs, 0));
      use = { ...use, startsLeft: startsLeft(read.gate.rate, read.record, nowMs), nextStartAt };
    }
  }
  return use;
}

/** Who holds the slots of a limit, or of one of its keys; whoever has held one longest comes first. */
export async function listHolders(
  { store, ids }: Engine,
  tenant: string,
  name: string,
  { key, limit = limits.pageSizeDefault, cursor }: HoldersQuery,
): Promise<{ readonly holders: readonly SlotHolder[]; readonly nextCursor?: string }> {
  const { spec } = (await getLimit(store, tenant, name)).limit;
  const binding = { tenant, operation: "listLimitHolders", filters: { name, key: key ?? null } };
  const place = placeOfCursor(ids, binding, cursor) ?? "";
  const { shards } = await readShards(store, tenant, gateOf(name, key), spec.concurrency);
  const rest = shards
    .flatMap((shard) => shard?.holders ?? [])
    .map((holder) => ({ holder, sort: timeSort(holder.sinceMs, holder.attemptId) }))
    .filter(({ sort }) => sort > place)
    .sort((left, right) => (left.sort < right.sort ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const goesOn = last !== undefined && rest.length > page.length;
  return {
    holders: page.map(({ holder }) => holder),
    ...(goesOn ? { nextCursor: makeCursor(ids, binding, last.sort) } : {}),
  };
}

function gateOf(name: string, key: string | undefined): string {
  return gates.limit(name, key === undefined ? undefined : keyOfValue(key));
}
