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

/** Counts what an answer says it consumed, index entries included. */
export function countCapacity(
  table: TableAccess,
  unit: Extract<MeteredUnit, `dynamodb.${string}`>,
  consumed: ConsumedCapacity | readonly ConsumedCapacity[] | undefined,
): void {
  const parts = consumed === undefined ? [] : "length" in consumed ? consumed : [consumed];
  const units = parts.reduce((sum, part) => sum + (part.CapacityUnits ?? 0), 0);
  if (units > 0) table.meter.count(unit, units);
}

/** Values of an expression, as the wire wants them. */
export type ExpressionValues = Record<string, AttributeValue>;
