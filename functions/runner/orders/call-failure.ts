import { SwitchyardError } from "../../../client/sdk/switchyard-error.ts";

/** What a failed call means for the one who made it. */
export type CallFailure =
  /** No answer, or one that may be different next time, such as for a credential that is renewed. */
  | { readonly kind: "passing"; readonly reason: string; readonly retryAfterMs?: number }
  /** The control plane does not know whom the call speaks of, or does not count it any more. */
  | { readonly kind: "gone"; readonly reason: string }
  /** The request itself will not do. */
  | { readonly kind: "refused"; readonly reason: string };

/** Sorts what a call to the control plane has thrown. */
export function failureOfCall(error: unknown): CallFailure {
  if (!(error instanceof SwitchyardError)) {
    return { kind: "passing", reason: error instanceof Error ? error.message : String(error) };
  }
  const { status, retryable, retryAfterMs, message: reason } = error;
  if (retryable || status === 0 || status === 401 || status === 403 || status >= 500) {
    return { kind: "passing", reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  return { kind: status === 404 || status === 409 ? "gone" : "refused", reason };
}
