import type { Trigger } from "../event/trigger.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** What bringing the outside in line with a record came to. */
export type MirrorOutcome =
  | { readonly outcome: "same" }
  | {
      readonly outcome: "changed";
      readonly what: "created" | "updated" | "deleted";
      /** What was different, by name. */
      readonly differences: readonly string[];
    }
  /** No repetition mends it: the record has to change, or somebody else's thing is in the way. */
  | { readonly outcome: "refused"; readonly reason: string };

/** One thing of ours that stands outside. */
export interface MirroredItem {
  readonly tenant: string;
  readonly name: string;
  /** Its last change, by whomever; absent where that is not told. */
  readonly changedAtMs?: number;
}

export interface MirrorPage {
  readonly items: readonly MirroredItem[];
  /** Things in our place that are not ours; they are left alone. */
  readonly foreign: readonly string[];
  readonly next?: string;
}

/**
 * A service outside that keeps something for each of our records, such as a schedule at EventBridge
 * Scheduler. What it keeps only says when to look: nothing is lost while it is missing or different.
 */
export interface Mirror<Source> {
  /** Compares what is there with what the record asks for, and makes it so; no record asks for nothing. */
  reconcile(tenant: string, name: string, source: Source | undefined): Promise<MirrorOutcome>;
  /** All that is there of ours, page by page. */
  page(cursor: string | undefined): Promise<MirrorPage>;
}

/** The mirrors that a deployment has. */
export interface Mirrors {
  readonly schedule: Mirror<Schedule>;
  readonly trigger: Mirror<Trigger>;
}
