import type { InstanceState } from "../instance/moves.ts";

/** What others see of a transition; `dedupKey` is stable under redelivery. */
export interface InstanceStateChanged {
  readonly dedupKey: string;
  readonly tenant: string;
  readonly instanceId: string;
  readonly task: string;
  readonly taskVersion: number;
  readonly from?: InstanceState;
  readonly to: InstanceState;
  readonly reason: string;
  readonly atMs: number;
  readonly version: number;
  readonly attempt?: number;
  readonly group?: string;
}

/** Publishes state changes; throws TransientError so that the feed delivers again. */
export interface Events {
  publish(events: readonly InstanceStateChanged[]): Promise<void>;
}
