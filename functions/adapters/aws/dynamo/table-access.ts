import type { AttributeValue, ConsumedCapacity, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Clock, Random } from "../../../../shared/ports/clock.ts";
import type { Meter, MeteredUnit } from "../../../../shared/ports/meter.ts";

/** What every operation on the table needs. */
export interface TableAccess {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly meter: Meter;
  readonly pace: Pace;
}

/** Time and chance for waiting between tries. */
export interface Pace {
  readonly clock: Clock;
  readonly random: Random;
  readonly sleep: (delayMs: number) => Promise<void>;
}

/** The pace of the real world. */
export const realPace: Pace = {
  clock: { now: () => Date.now() },
  random: { next: () => Math.random() },
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};

type DynamoUnit = Extract<MeteredUnit, `dynamodb.${string}`>;

/** Counts what an answer says it consumed, index entries included. */
export function countCapacity(
  table: TableAccess,
  unit: DynamoUnit,
  consumed: ConsumedCapacity | readonly ConsumedCapacity[] | undefined,
): void {
  const parts = consumed === undefined ? [] : "length" in consumed ? consumed : [consumed];
  for (const { CapacityUnits: all, ReadCapacityUnits: read, WriteCapacityUnits: write } of parts) {
    const told = read !== undefined || write !== undefined;
    // A transaction says which kind of unit: repeated under its token, it is billed as a read.
    const byUnit: readonly (readonly [DynamoUnit, number | undefined])[] = told
      ? [
          ["dynamodb.readUnits", read],
          ["dynamodb.writeUnits", write],
        ]
      : [[unit, all]];
    for (const [name, units] of byUnit) if (units) table.meter.count(name, units);
  }
}

/** Values of an expression, as the wire wants them. */
export type ExpressionValues = Record<string, AttributeValue>;
