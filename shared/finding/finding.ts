import { limits } from "../core/limits.ts";
import { base32 } from "../core/ordered-key.ts";
import type { Expectation } from "../schedule/expected.ts";

/** What concerns the system as a whole; its findings belong to the system's own tenant. */
export const systemFindings = ["wakes_overdue", "feed_behind", "canary_silent"] as const;
export type FindingKind = Expectation | (typeof systemFindings)[number];

export const findingKinds = [
  "slot_missed",
  "start_late",
  "success_late",
  ...systemFindings,
] as const satisfies readonly FindingKind[];

/** The tenant of what the control plane does for itself. */
export const systemTenant = "switchyard";

/** Something that should have happened and has not, from when it was noticed until it is well again. */
export interface Finding {
  readonly tenant: string;
  readonly id: string;
  readonly kind: FindingKind;
  /** The schedule's name, or the part of the system. */
  readonly subject: string;
  readonly state: "open" | "closed";
  readonly message: string;
  /** Of the newest slot concerned. */
  readonly nominalMs?: number;
  readonly instanceId?: string;
  readonly openedAtMs: number;
  readonly closedAtMs?: number;
  readonly acknowledged?: { readonly atMs: number; readonly by: string; readonly note?: string };
}

/** Something that is not well at the moment, or was not until `mendedAtMs`. */
export interface Symptom {
  readonly kind: FindingKind;
  readonly subject: string;
  readonly message: string;
  /** The time it is about: of a slot, or when it was noticed. */
  readonly atMs: number;
  readonly instanceId?: string;
  readonly mendedAtMs?: number;
}

/** The form of findings' ids, as they stand in paths. */
export const findingIdForm = /^fnd_[0-9a-z]{10}_[A-Za-z0-9_-]{1,100}$/;

/** The same for the same symptom, and sorted by time. */
export function findingIdOf({ kind, subject, atMs }: Symptom): string {
  return `fnd_${base32(Math.max(0, atMs), 10)}_${kind}_${subject}`;
}

/** When the record may be deleted; an open finding stays. */
export function findingExpiresAtMs({ closedAtMs }: Finding): number | undefined {
  return closedAtMs === undefined ? undefined : closedAtMs + limits.findingKeepMs;
}
