import { limits } from "../../shared/core/limits.ts";
import { liveAttempt } from "../../shared/instance/instance.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import type { Engine } from "../runtime/engine.ts";
import type { Applied } from "../runtime/instances.ts";

/**
 * A success whose output was put away counts only when it is there as announced: an instance must
 * never point to an output that nobody can fetch. Otherwise the attempt failed, and the report says why.
 */
export async function withOutputInPlace(
  { payloads }: Pick<Engine, "payloads">,
  report: AttemptReport,
): Promise<AttemptReport> {
  if (report.kind !== "succeeded" || report.outputRef === undefined) return report;
  const { outputRef, output: _, ...rest } = report;
  const found = await payloads?.find(report.tenant, outputRef.id);
  const wrong = reasonToRefuse(outputRef.bytes, found?.bytes);
  if (wrong === undefined) return { ...rest, outputRef };
  return { ...rest, kind: "failed", error: { class: "invalid_output", message: wrong } };
}

function reasonToRefuse(announced: number, found: number | undefined): string | undefined {
  if (found === undefined) return "the output was said to be put away, but it is not there";
  if (found !== announced) {
    return `the output that was put away has ${found} bytes, not ${announced} as announced`;
  }
  if (found <= limits.payloadBytesMax) return undefined;
  return `the output has ${found} bytes, at most ${limits.payloadBytesMax} are possible`;
}

/** What an attempt has put away that counts no more is deleted; what is in use is not. */
export async function dropUnusedOutput(
  { payloads, log }: Pick<Engine, "payloads" | "log">,
  report: AttemptReport,
  result: Applied,
): Promise<void> {
  if (report.kind !== "succeeded" || report.outputRef === undefined) return;
  const { id } = report.outputRef;
  const isUnused =
    result.outcome === "missing" ||
    (result.outcome === "rejected" &&
      result.instance.outputRef?.id !== id &&
      // A report without the right token must not take away what the attempt in force has put there.
      liveAttempt(result.instance)?.id !== report.attemptId);
  if (!isUnused) return;
  try {
    await payloads?.delete(report.tenant, [id]);
  } catch (error) {
    log.warn("an output that counts no more could not be deleted; it goes when its time is over", {
      payload: id,
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}
