import * as z from "zod";
import { limits } from "../core/limits.ts";
import { boundedText, Name } from "../core/texts.ts";
import { Rate, SlotsMax } from "../limit/limit.ts";
import { Budget } from "./budget.ts";

const bounds = {
  /** Attempts at the same time, of all its tasks together. */
  concurrency: SlotsMax.optional(),
  rate: Rate.optional(),
  /** More than that are answered with 429. */
  submissionsPerMinute: z.int().min(1).max(limits.submissionsPerMinuteMax).optional(),
  budget: Budget.optional(),
};

/** Body of `PUT /v1/groups/{name}`. */
export const GroupSpec = z.strictObject({
  description: boundedText(limits.descriptionBytesMax).optional(),
  ...bounds,
  /** The only backends and pools that its instances may use; absent: all. */
  backends: z.array(Name).min(1).max(20).optional(),
});
export type GroupSpec = z.infer<typeof GroupSpec>;

/** Body of `PUT /v1/tenant`: what bounds everything of the tenant together. */
export const TenantSpec = z.strictObject(bounds);
export type TenantSpec = z.infer<typeof TenantSpec>;

/** Somebody's decision that nothing starts for now. */
export interface Pause {
  readonly atMs: number;
  readonly by: string;
  readonly reason?: string;
}

/** A service group: isolation, limits and money of its own. */
export interface Group {
  readonly tenant: string;
  readonly name: string;
  readonly spec: GroupSpec;
  readonly paused?: Pause;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

/** The tenant's own record: bounds of everything, and the switch that stops everything. */
export interface TenantSettings {
  readonly tenant: string;
  readonly spec: TenantSpec;
  /** `off` also refuses submissions and lets no schedule or trigger fire. */
  readonly stopped?: Pause & { readonly kind: "paused" | "off" };
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}
