/** "Look at this instance." May be lost, doubled, late or out of order without harm. */
export interface Hint {
  readonly tenant: string;
  readonly instanceId: string;
  /** Look no earlier than this; absent = now. */
  readonly notBeforeMs?: number;
  /** Higher is looked at first where hints wait in line. */
  readonly priority?: number;
  /** What of its tenant's work it belongs to: its group, or else its task; these take turns. */
  readonly lane?: string;
}

/** Carries hints to the dispatcher. Never throws for a hint it could not send: the wake index is the guarantee. */
export interface Hints {
  send(hints: readonly Hint[]): Promise<void>;
}
