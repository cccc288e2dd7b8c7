import { indexEntriesOf } from "../../../shared/contract/indexes.ts";
import type { JsonObject } from "../../../shared/core/json.ts";
import type {
  Candidate,
  Change,
  Conflict,
  Key,
  Query,
  StoredRecord,
  WriteResult,
} from "../../../shared/ports/store.ts";

/** What a store holds, as plain data; never changed in place. */
export type Model = ReadonlyMap<string, StoredRecord>;

export const emptyModel: Model = new Map();

export function nameOf(key: Key): string {
  return `${key.pk}|${key.sk}`;
}

/** What the write answers and leaves behind when nobody else writes. */
export function modelWrite(model: Model, changes: readonly Change[]): [WriteResult, Model] {
  const next = new Map(model);
  const conflicts: Conflict[] = [];
  for (const [changeIndex, change] of changes.entries()) {
    const name = nameOf(change.kind === "put" ? change.record.key : change.key);
    const current = model.get(name);
    const version = (current?.version ?? 0) + 1;
    if (change.kind === "add") {
      const body: Record<string, JsonObject[string]> = { ...current?.body };
      let isOut = false;
      for (const [field, amount] of Object.entries(change.amounts)) {
        const sum = Number(body[field] ?? 0) + amount;
        const { min = -Infinity, max = Infinity } = change.bounds?.[field] ?? {};
        isOut ||= sum < min || sum > max;
        body[field] = sum;
      }
      if (isOut) conflicts.push({ changeIndex, current });
      else next.set(name, { ...current, key: change.key, type: change.type, version, body });
      continue;
    }
    if ((current?.version ?? "absent") !== change.expect) conflicts.push({ changeIndex, current });
    else if (change.kind === "delete") next.delete(name);
    else if (change.kind === "put") {
      next.set(name, { ...change.record, version, body: change.record.body as JsonObject });
    }
  }
  return conflicts.length > 0
    ? [{ outcome: "lost", conflicts }, model]
    : [{ outcome: "wrote" }, next];
}

/** What the query finds when the indexes have caught up. */
export function modelQuery(model: Model, query: Query): Candidate[] {
  const found: Candidate[] = [];
  for (const record of model.values()) {
    const { key } = record;
    const entries =
      query.index === "primary"
        ? [{ index: "primary", partition: key.pk, sort: key.sk }]
        : indexEntriesOf(record);
    for (const { index, partition, sort } of entries) {
      if (index !== query.index || partition !== query.partition) continue;
      if (query.from !== undefined && sort < query.from) continue;
      if (query.to !== undefined && sort >= query.to) continue;
      found.push({ key, sort });
    }
  }
  found.sort((a, b) => (a.sort < b.sort ? -1 : 1));
  if (query.order === "descending") found.reverse();
  return found.slice(0, query.limit);
}
