import type { WhatIfFigures, WhatIfView } from "../../../shared/contract/http/comparison-views.ts";
import { isoTime } from "../../../shared/contract/http/iso-time.ts";
import type { WhatIfResult } from "../../../shared/routing/what-if.ts";
import { type SkipReason, skipReasons } from "../../../shared/routing/what-if-row.ts";
import type { HistoryCovered, HistoryRange } from "./scan-history.ts";

/** The part of an answer that says what it rests on. */
export function coveredView(
  { sinceMs, untilMs }: Pick<HistoryRange, "sinceMs" | "untilMs">,
  { scanned, truncated }: HistoryCovered,
): Pick<WhatIfView, "since" | "until" | "scanned" | "truncated"> {
  return {
    since: isoTime(sinceMs),
    until: isoTime(untilMs),
    scanned,
    ...(truncated === undefined
      ? {}
      : {
          truncated: { by: truncated.by, coveredSince: isoTime(truncated.coveredSinceMs) },
        }),
  };
}

export function figuresView(result: WhatIfResult): WhatIfFigures {
  const { skipped, movedByPair, byTask, worst, ...figures } = result;
  return {
    ...figures,
    // Counted by name; the names are those of the table.
    skipped: (Object.entries(skipped) as [SkipReason, number][]).map(([reason, count]) => ({
      reason,
      meaning: skipReasons[reason],
      count,
    })),
    movedByPair: [...movedByPair],
    byTask: [...byTask],
    worst: [...worst],
  };
}
