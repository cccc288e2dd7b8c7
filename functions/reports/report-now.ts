import { TransientError } from "../../shared/core/errors.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import type { RecordingEngine } from "../runtime/engine.ts";
import { recordReports } from "./record-reports.ts";

/** Records what was found out about an attempt; rejects when it could not be kept. */
export async function reportNow(engine: RecordingEngine, report: AttemptReport): Promise<void> {
  const [recorded] = await recordReports(engine, [report]);
  if (recorded?.result.outcome === "error") {
    throw new TransientError("the attempt's end was found, but could not be recorded", {
      cause: recorded.result.error,
    });
  }
}
