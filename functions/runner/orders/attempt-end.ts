import type { JsonValue } from "../../../shared/core/json.ts";
import type { AttemptError, AttemptUsage } from "../../../shared/instance/instance.ts";

/** What a runner measured and heard of an attempt, however it ended. */
interface Seen {
  readonly usage?: AttemptUsage;
  readonly startedAtMs?: number;
  readonly log?: string;
}

/** An output that was put where large ones go. */
export interface StoredOutput {
  readonly bytes: number;
  readonly sha256: string;
}

/** How an attempt ended on this machine. `aborted`: nobody wants to know. */
export type AttemptEnd =
  | (Seen & {
      readonly outcome: "succeeded";
      readonly output?: JsonValue;
      readonly outputRef?: StoredOutput;
    })
  | (Seen & { readonly outcome: "failed"; readonly error: AttemptError })
  | { readonly outcome: "aborted" };

/** An end that somebody is to be told of. */
export type ReportableEnd = Exclude<AttemptEnd, { outcome: "aborted" }>;

/** An end that came before any of the attempt's own code ran. */
export function failedEnd(errorClass: AttemptError["class"], message: string): ReportableEnd {
  return { outcome: "failed", error: { class: errorClass, message } };
}
