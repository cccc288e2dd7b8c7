import type { Attempt, HistoryEntry, Instance } from "../instance/instance.ts";
import { type InstanceState, isTerminal } from "../instance/moves.ts";

/** What one write of an instance did, as far as anything is counted by it. */
export interface WhatChanged {
  readonly entry: HistoryEntry;
  readonly submitted: boolean;
  readonly finishedAs: InstanceState | undefined;
  /** The attempt that the entry speaks of, whatever happened to it. */
  readonly attempt: Attempt | undefined;
  /** True when that write ended the attempt. */
  readonly ended: boolean;
}

/**
 * Told by the history entry of that very version, so that whoever sees every version once counts
 * every transition once. Undefined when it neither began nor ended anything.
 */
export function whatChanged(instance: Instance): WhatChanged | undefined {
  const entry = instance.history.at(-1);
  if (entry === undefined || entry.version !== instance.version) return undefined;
  const attempt = instance.attempts.find(({ number }) => number === entry.attempt);
  const submitted = entry.command === "submit";
  const ended = attempt?.outcome !== undefined && !submitted;
  const finishedAs = isTerminal(entry.to) ? entry.to : undefined;
  if (!submitted && finishedAs === undefined && !ended) return undefined;
  return { entry, submitted, finishedAs, attempt, ended };
}
