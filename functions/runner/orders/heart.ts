import type { WorkOrder } from "../../../shared/contract/http/work.ts";
import type { JsonValue } from "../../../shared/core/json.ts";
import type { Log } from "../../../shared/ports/log.ts";
import { failureOfCall } from "./call-failure.ts";
import type { OrderClient } from "./order-client.ts";

export interface Heart {
  /** Goes along with the next beat. */
  note(progress: JsonValue): void;
  stop(): void;
}

const beatsPerLease = 3;
const everyMsMin = 250;

/**
 * Keeps an attempt's lease from outside of the attempt's own process: code that blocks its event
 * loop keeps it, and it ends with this process. One beat at a time; a lost one is made up by the next.
 */
export function startHeart(
  order: Pick<WorkOrder, "attemptId" | "instanceId" | "token" | "leaseSeconds">,
  client: OrderClient,
  log: Log,
  onStop: (reason: string) => void,
): Heart {
  const { attemptId, instanceId, token } = order;
  const everyMs = Math.max(everyMsMin, (order.leaseSeconds * 1_000) / beatsPerLease);
  let progress: JsonValue | undefined;
  let beating = false;
  let stopped = false;
  const beat = async (): Promise<void> => {
    if (beating || stopped) return;
    beating = true;
    const said = progress;
    progress = undefined;
    try {
      const request = { instanceId, token, ...(said === undefined ? {} : { progress: said }) };
      const { verdict, reason } = await client.heartbeat(attemptId, request, everyMs);
      if (verdict === "stop" && !stopped) onStop(reason ?? "it is not wanted any more");
    } catch (error) {
      progress ??= said;
      const failure = failureOfCall(error);
      if (failure.kind === "gone" && !stopped) onStop(failure.reason);
      else log.warn("a sign of life did not arrive", { attemptId, reason: failure.reason });
    } finally {
      beating = false;
    }
  };
  const timer = setInterval(() => void beat(), everyMs);
  return {
    note: (news) => {
      progress = news;
    },
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
