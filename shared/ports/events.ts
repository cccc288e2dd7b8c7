import type { InstanceStateChanged } from "../instance/state-changes.ts";

export type { InstanceStateChanged };

/** Publishes state changes; throws TransientError so that the feed delivers again. */
export interface Events {
  publish(events: readonly InstanceStateChanged[]): Promise<void>;
}
