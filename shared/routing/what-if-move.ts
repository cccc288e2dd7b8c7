import type { ReceiptCandidate } from "./receipt.ts";
import { type PriceFacts, runElsewhere, withinTime } from "./run-price.ts";
import type { WhatIfRow } from "./what-if-row.ts";

/** What is expected of an instance that moves. */
export interface MovedRun {
  readonly usd: number;
  /** From claim to end. */
  readonly ms: number;
  /** The chance that it times out, 0 to 1. */
  readonly timeouts: number;
}

/**
 * What a row would have been on another backend. A run that ended by itself has shown how long it
 * takes. One whose time ran out has shown only that it takes longer, so the chance that was predicted
 * counts where there is more time. Pure.
 */
export function movedRun(
  row: WhatIfRow,
  to: string,
  { backends, prices }: Omit<PriceFacts, "needs">,
): MovedRun {
  const { needs, receipt, outcome } = row;
  const predicted = candidateOf(row, to)?.predicted;
  const backend = backends.get(to);
  // A backend that is gone can only be priced as it was predicted then.
  const { usd, runMs, cutOff } =
    backend === undefined
      ? { usd: predicted?.usd ?? 0, ...withinTime(row, row.timeoutMs) }
      : runElsewhere({ ...row, memoryMbFloor: receipt.memoryMb }, backend, { needs, prices });
  const risk = outcome === "timed_out" ? (predicted?.timeoutRisk ?? 0) : 0;
  return { usd, ms: (predicted?.waitMs ?? 0) + runMs, timeouts: cutOff ? 1 : risk };
}

function candidateOf(row: WhatIfRow, backend: string): ReceiptCandidate | undefined {
  return row.candidates.find((candidate) => candidate.backend === backend);
}
