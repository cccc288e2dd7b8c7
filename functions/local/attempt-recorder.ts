import type { AttemptReport } from "../../shared/ports/backend.ts";
import { recordReports } from "../reports/record-reports.ts";
import type { Engine } from "../runtime/engine.ts";

/** Reports whose save failed are tried again; after that the wake decides. */
const triesMax = 5;
const firstRetryMs = 200;

/** Saves what the executor reports, as the completion queue does on AWS. */
export function openAttemptRecorder(
  engine: Engine,
  recorded: () => void,
): (reports: readonly AttemptReport[]) => void {
  const record = async (reports: readonly AttemptReport[], tries: number): Promise<void> => {
    const results = await recordReports(engine, reports);
    recorded();
    const failed = results.filter(
      ({ result }) => result.outcome === "error" || result.outcome === "contended",
    );
    if (failed.length === 0) return;
    if (tries >= triesMax) {
      engine.log.error("reports could not be saved; the wakes decide", { count: failed.length });
      return;
    }
    const again = failed.map(({ report }) => report);
    setTimeout(() => void record(again, tries + 1), firstRetryMs * 2 ** (tries - 1));
  };
  return (reports) => void record(reports, 1);
}
