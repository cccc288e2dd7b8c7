import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { tableAttributes } from "../../../../shared/contract/table.ts";
import { assert } from "../../../../shared/core/errors.ts";
import type { Change, Expectation } from "../../../../shared/ports/store.ts";
import { expiresSeconds, itemOf, keyItem, numberAttribute, takesAdd } from "./record-item.ts";
import type { ExpressionValues } from "./table-access.ts";

type ChangeOf<Kind extends Change["kind"]> = Extract<Change, { kind: Kind }>;

/** DynamoDB takes 300 operators and 4 KB of text in one expression. */
const amountsMax = 250;

/** A change as the conditional action that performs it: alone or as part of a transaction. */
export function requestOf(change: Change, tableName: string): TransactWriteItem {
  // On a failed condition the item comes back, so that "lost" can say what is there now.
  const target = { TableName: tableName, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;
  switch (change.kind) {
    case "put":
      return {
        Put: {
          ...target,
          Item: itemOf(change.record, versionAfter(change.expect)),
          ...expectation(change.expect),
        },
      };
    case "delete":
      return { Delete: { ...target, Key: keyItem(change.key), ...expectation(change.expect) } };
    case "check":
      return {
        ConditionCheck: { ...target, Key: keyItem(change.key), ...expectation(change.expect) },
      };
    case "add":
      return { Update: { ...target, Key: keyItem(change.key), ...addition(change) } };
  }
}

/** The version a put leaves behind. */
export function versionAfter(expect: Expectation): number {
  return expect === "absent" ? 1 : expect + 1;
}

function expectation(expect: Expectation) {
  if (expect === "absent") {
    return {
      ConditionExpression: "attribute_not_exists(#p)",
      ExpressionAttributeNames: { "#p": tableAttributes.partition },
    };
  }
  return {
    ConditionExpression: "#v = :expected",
    ExpressionAttributeNames: { "#v": tableAttributes.version },
    ExpressionAttributeValues: { ":expected": { N: String(expect) } },
  };
}

/** Sums and their bounds in one conditional update, which creates the item when it is absent. */
function addition(change: ChangeOf<"add">) {
  assert(
    takesAdd(change.type),
    `records of type ${change.type} keep no numbers that add can reach`,
  );
  const amounts = Object.entries(change.amounts);
  assert(amounts.length <= amountsMax, `an add has at most ${amountsMax} amounts`);
  const names: Record<string, string> = {
    "#t": tableAttributes.type,
    "#v": tableAttributes.version,
  };
  const values: ExpressionValues = { ":t": { S: change.type }, ":one": { N: "1" } };
  const sets = ["#t = :t"];
  if (change.expiresAtMs !== undefined) {
    names["#x"] = tableAttributes.expires;
    values[":x"] = expiresSeconds(change.expiresAtMs);
    sets.push("#x = :x");
  }
  const adds = ["#v :one"];
  const conditions: string[] = [];
  for (const [index, [field, amount]] of amounts.entries()) {
    assert(Number.isFinite(amount), `the amount for ${field} must be a finite number`);
    names[`#f${index}`] = numberAttribute(field);
    values[`:a${index}`] = { N: String(amount) };
    adds.push(`#f${index} :a${index}`);
    conditions.push(...boundConditions(index, amount, change.bounds?.[field] ?? {}, values));
  }
  return {
    UpdateExpression: `SET ${sets.join(", ")} ADD ${adds.join(", ")}`,
    ...(conditions.length > 0 ? { ConditionExpression: conditions.join(" AND ") } : {}),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

/** An expression cannot add, so the amount moves to the other side: old + amount <= max is old <= max - amount. */
function boundConditions(
  index: number,
  amount: number,
  bound: { readonly min?: number; readonly max?: number },
  values: ExpressionValues,
): string[] {
  const sides = [
    { name: "max", limit: bound.max, sign: "<=", startFits: amount <= (bound.max ?? amount) },
    { name: "min", limit: bound.min, sign: ">=", startFits: amount >= (bound.min ?? amount) },
  ];
  return sides.flatMap(({ name, limit, sign, startFits }) => {
    if (limit === undefined || !Number.isFinite(limit)) return [];
    values[`:${name}${index}`] = { N: String(limit - amount) };
    const fits = `#f${index} ${sign} :${name}${index}`;
    // A comparison with an absent attribute is false; absent counts as zero.
    return [startFits ? `(attribute_not_exists(#f${index}) OR ${fits})` : fits];
  });
}
