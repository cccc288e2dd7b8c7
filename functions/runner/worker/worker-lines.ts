import type { WorkOrder } from "../../../shared/contract/http/work.ts";
import type { Log, LogFields } from "../../../shared/ports/log.ts";
import type { OrderEnd } from "../order-run.ts";

const messageCharsMax = 200;

export function beginLine({ task, instanceId, attempt }: WorkOrder, busy: string): string {
  return `${task} ${instanceId} begins, attempt ${attempt} (${busy})`;
}

export function endLine(
  { task, instanceId }: WorkOrder,
  { end, reported }: OrderEnd,
  durationMs: number,
): string {
  const subject = `${task} ${instanceId}`;
  if (reported === "stopped") return `${subject} was stopped from the server`;
  if (reported === "stale") return `${subject} ended, but another attempt has taken over`;
  const took = `in ${Math.round(durationMs)} ms`;
  const ending =
    end.outcome === "failed"
      ? `failed ${took}: ${end.error.class}: ${plain(end.error.message)}`
      : `succeeded ${took}`;
  if (reported === "unreported") {
    return `${subject} ${ending}, but the server could not be told; it will be tried again`;
  }
  return `${subject} ${ending}`;
}

/** One line, without anything that a terminal would obey. */
function plain(text: string): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, " ").trim();
  return line.length > messageCharsMax ? `${line.slice(0, messageCharsMax)}…` : line;
}

/** What parts of the worker log, as lines for people; details only where something is wrong. */
export function logForPeople(say: (line: string) => void): Log {
  const line = (message: string, { reason, attemptId }: LogFields = {}): void => {
    const about = attemptId === undefined ? "" : ` (${attemptId})`;
    say(`${message}${about}${reason === undefined ? "" : `: ${plain(String(reason))}`}`);
  };
  return { debug: () => undefined, info: () => undefined, warn: line, error: line };
}
