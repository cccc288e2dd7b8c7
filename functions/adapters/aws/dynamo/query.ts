import { type AttributeValue, QueryCommand } from "@aws-sdk/client-dynamodb";
import { tableAttributes, tableIndexes } from "../../../../shared/contract/table.ts";
import { assert } from "../../../../shared/core/errors.ts";
import { limits } from "../../../../shared/core/limits.ts";
import type { Candidate, Query } from "../../../../shared/ports/store.ts";
import type { Item } from "./item-size.ts";
import { keyOf } from "./record-item.ts";
import { withRetries } from "./retries.ts";
import { countCapacity, type ExpressionValues, type TableAccess } from "./table-access.ts";

/** Candidates in order, page after page until the limit; keys only. */
export async function query(table: TableAccess, wanted: Query): Promise<readonly Candidate[]> {
  const { limit } = wanted;
  assert(
    Number.isInteger(limit) && limit >= 1 && limit <= limits.storePageMax,
    `a query's limit is 1 to ${limits.storePageMax}, not ${limit}`,
  );
  const range = rangeOf(wanted);
  const found: Candidate[] = [];
  if (range === undefined) return found;
  let startKey: Record<string, AttributeValue> | undefined;
  do {
    const page = await withRetries(table, "dynamodb:Query", { afterUnclear: true }, () =>
      table.client.send(
        new QueryCommand({
          TableName: table.tableName,
          ...range.input,
          Limit: limit - found.length,
          ReturnConsumedCapacity: "TOTAL",
          ...(startKey === undefined ? {} : { ExclusiveStartKey: startKey }),
        }),
      ),
    );
    countCapacity(table, "dynamodb.readUnits", page.ConsumedCapacity);
    for (const item of page.Items ?? []) {
      const candidate = { key: keyOf(item), sort: sortIn(item, range.sort) };
      if (candidate.sort !== wanted.to) found.push(candidate);
    }
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined && found.length < limit);
  return found;
}

/** The part of the request that stays the same on every page; undefined when nothing can lie in the range. */
function rangeOf(wanted: Query) {
  const { index, partition, from = "", to } = wanted;
  if (to !== undefined && Buffer.compare(Buffer.from(to), Buffer.from(from)) <= 0) return undefined;
  const { partition: base, sort: baseSort } = tableAttributes;
  const own = index === "primary" ? { partition: base, sort: baseSort } : tableIndexes[index];
  const names: Record<string, string> = { "#p": own.partition };
  const values: ExpressionValues = { ":p": { S: partition } };
  // A key cannot be empty, so an empty lower bound is none. BETWEEN includes its end, which is dropped later.
  const sides = [
    ...(from === "" ? [] : [{ name: ":from", value: from, alone: "#s >= :from" }]),
    ...(to === undefined ? [] : [{ name: ":to", value: to, alone: "#s < :to" }]),
  ];
  for (const side of sides) values[side.name] = { S: side.value };
  if (sides.length > 0 || index === "primary") names["#s"] = own.sort;
  const sortCondition = sides.length === 2 ? "#s BETWEEN :from AND :to" : sides[0]?.alone;
  return {
    sort: own.sort,
    input: {
      KeyConditionExpression:
        sortCondition === undefined ? "#p = :p" : `#p = :p AND ${sortCondition}`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ScanIndexForward: wanted.order === "ascending",
      ...(index === "primary"
        ? { ProjectionExpression: "#p, #s", ConsistentRead: true }
        : { IndexName: tableIndexes[index].name }),
    },
  };
}

function sortIn(item: Item, name: string): string {
  const sort = item[name]?.S;
  assert(sort !== undefined, `an index entry has no ${name}`);
  return sort;
}
