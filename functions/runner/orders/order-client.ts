import type {
  CompleteAnswer,
  CompleteRequest,
  HeartbeatAnswer,
  HeartbeatRequest,
} from "../../../shared/contract/http/work.ts";
import type { JsonValue } from "../../../shared/core/json.ts";

/** A sign of life, and how far the code says it is. */
export interface Beat extends Omit<HeartbeatRequest, "progress"> {
  readonly progress?: JsonValue;
}

/**
 * What a runner says to the control plane about its attempts. Each call is one try; it throws a
 * `SwitchyardError` when there is no answer or a refusal.
 */
export interface OrderClient {
  heartbeat(attemptId: string, beat: Beat, timeoutMs: number): Promise<HeartbeatAnswer>;
  complete(attemptId: string, request: CompleteRequest): Promise<CompleteAnswer>;
  /** How far the server's clock is ahead of this one, as far as it is known. */
  clockAheadMs(): number;
}
