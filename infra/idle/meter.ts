import type { UnitCounts } from "../../shared/pricing/bill.ts";
import { type NamedResource, referredId, type Template } from "../rules/template.ts";
import type { IdleAssumptions } from "./assumptions.ts";

/** What a resource uses in a month in which nothing is submitted. */
export type Metered =
  | { readonly kind: "billed"; readonly counts: UnitCounts; readonly why: string }
  | { readonly kind: "free"; readonly why: string }
  /** Nobody has said what it costs; never to be taken for free. */
  | { readonly kind: "unknown"; readonly why: string };

/** Where a meter finds the resources that its own refers to. */
export interface Surroundings {
  readonly template: Template;
  readonly assumptions: IdleAssumptions;
}

export type Meter = (resource: NamedResource, around: Surroundings) => Metered;

export function billed(counts: UnitCounts, why: string): Metered {
  return { kind: "billed", counts, why };
}

export function nothing(why: string): Metered {
  return { kind: "free", why };
}

/** A meter for what costs nothing by itself. */
export function free(why: string): Meter {
  return () => nothing(why);
}

export function unknown(why: string): Metered {
  return { kind: "unknown", why };
}

/** The resource of the same template that a `Ref` or `Fn::GetAtt` names. */
export function referred(value: unknown, { template }: Surroundings): NamedResource | undefined {
  const id = referredId(value);
  const resource = id === undefined ? undefined : template.Resources?.[id];
  if (id === undefined || resource === undefined) return undefined;
  return { ...resource, id, Properties: resource.Properties ?? {} };
}

/** A number of the template; undefined for an expression that only the deployment resolves. */
export function numberAt(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
