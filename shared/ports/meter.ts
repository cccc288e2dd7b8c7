/** What a use of AWS is billed by; the bill per million tasks is these counts times the price table. */
export const meteredUnits = [
  "dynamodb.writeUnits",
  "dynamodb.readUnits",
  "sqs.requests",
  "eventbridge.events",
  "lambda.requests",
  "lambda.gbSeconds",
  "apigateway.requests",
  "scheduler.invocations",
  "logs.gigabytes",
] as const;
export type MeteredUnit = (typeof meteredUnits)[number];

/** Counts what adapters consume. */
export interface Meter {
  count(unit: MeteredUnit, amount: number): void;
}

export const silentMeter: Meter = { count: () => undefined };
