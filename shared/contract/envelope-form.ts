import type { InvocationEnvelope } from "./envelope.ts";

/*
 * Checked by hand, not by a schema: this file ends up in every user's bundle, and a schema library
 * would cost each cold start more than the rest of the runner.
 */

/** True for an event that Switchyard made; anything else was sent by someone who called the function directly. */
export function isInvocationEnvelope(event: unknown): event is InvocationEnvelope {
  if (typeof event !== "object" || event === null) return false;
  const candidate: Partial<InvocationEnvelope> = event;
  return (
    candidate.version === 1 &&
    typeof candidate.task_id === "string" &&
    typeof candidate.deadline === "string" &&
    isObject(candidate.instance) &&
    isObject(candidate.attempt) &&
    isObject(candidate.resource_limits)
  );
}

/** What a function returns in place of an output that it has put at `outputs_url`. */
export interface OutputMarker {
  readonly switchyard_output: { readonly bytes: number; readonly sha256: string };
}

/** The marker that a returned value is; undefined for every other value. */
export function outputMarkerOf(value: unknown): OutputMarker | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined;
  const { switchyard_output: put }: { switchyard_output?: unknown } = value;
  if (!isObject(put) || Object.keys(put).length !== 2) return undefined;
  const { bytes, sha256 }: { bytes?: unknown; sha256?: unknown } = put;
  const sound =
    typeof bytes === "number" &&
    Number.isInteger(bytes) &&
    bytes > 0 &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256);
  return sound ? { switchyard_output: { bytes, sha256 } } : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
