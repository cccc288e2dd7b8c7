/** "Look at this record." Like the hints of instances: may be lost, doubled, late or out of order. */
export type RecordHint = {
  readonly tenant: string;
  /** Look no earlier than this; absent = now. */
  readonly notBeforeMs?: number;
} & (
  | { readonly kind: "schedule"; readonly name: string }
  | { readonly kind: "backfill"; readonly name: string; readonly id: string }
  | { readonly kind: "delivery"; readonly name: string; readonly id: string }
  /** Who waits at a gate, or holds it: `name` is the gate, `id` tells its records apart. */
  | { readonly kind: "gate"; readonly name: string; readonly id: string }
  /** Something outside, such as EventBridge, is to be told of it. */
  | { readonly kind: "mirror"; readonly of: "schedule" | "trigger"; readonly name: string }
);

/** Carries them to whoever looks. Never throws for one it could not send: the wake index is the guarantee. */
export interface RecordHints {
  /** Whether something outside is told of schedules and triggers here; their definition then asks for it. */
  readonly mirrors?: boolean;
  send(hints: readonly RecordHint[]): Promise<void>;
}
