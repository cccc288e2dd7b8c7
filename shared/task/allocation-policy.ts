import * as z from "zod";

/**
 * How to choose where the rules leave a choice. `balanced` weighs money against time: a second of
 * waiting for the result is worth so many dollars.
 */
export const AllocationPolicy = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("latency-first") }),
  z.strictObject({ name: z.literal("cost-first") }),
  z.strictObject({
    name: z.literal("balanced"),
    usdPerSecond: z.number().min(0).max(1_000),
  }),
]);
export type AllocationPolicy = z.infer<typeof AllocationPolicy>;

export const defaultPolicy: AllocationPolicy = { name: "balanced", usdPerSecond: 0.0001 };
