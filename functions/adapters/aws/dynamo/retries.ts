import { TerminalError, TransientError } from "../../../../shared/core/errors.ts";
import { adviceOn, type Fault, faultOf } from "./faults.ts";
import type { TableAccess } from "./table-access.ts";

/** Bounds of trying again; the caller's own retry (queue, wake, client) takes over after them. */
const tries = { max: 5, baseDelayMs: 25, delayMsMax: 1_000, totalMsMax: 8_000 } as const;

/** How a call may be repeated. */
export interface RepeatRule {
  /** False when a second try of a call that may have been applied could apply it twice. */
  readonly afterUnclear: boolean;
}

/**
 * Calls until it answers, a bounded number of times with full jitter. The SDK's own retries are
 * off, because it would hide that an earlier try of a write may have been applied.
 */
export async function withRetries<Answer>(
  table: TableAccess,
  action: string,
  rule: RepeatRule,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const { clock, random, sleep } = table.pace;
  const startedAtMs = clock.now();
  for (let tried = 1; ; tried++) {
    try {
      return await call();
    } catch (error) {
      const fault = faultOf(error);
      if (fault.kind === "bug") throw error;
      const ceilingMs = Math.min(tries.delayMsMax, tries.baseDelayMs * 2 ** (tried - 1));
      const delayMs = Math.floor(ceilingMs * random.next());
      const again =
        fault.kind !== "terminal" &&
        (fault.kind !== "unclear" || rule.afterUnclear) &&
        tried < tries.max &&
        clock.now() - startedAtMs + delayMs <= tries.totalMsMax;
      if (!again) throw await domainError(table, action, fault, error);
      await sleep(delayMs);
    }
  }
}

async function domainError(table: TableAccess, action: string, fault: Fault, cause: unknown) {
  const region = await table.client.config.region().catch(() => "unknown");
  const message = `${action} on table ${table.tableName} in region ${region} failed: ${adviceOn(cause)}.`;
  if (fault.kind === "terminal") return new TerminalError(message, { cause });
  return new TransientError(message, {
    cause,
    ...(fault.kind === "busy" ? { retryAfterMs: fault.retryAfterMs } : {}),
  });
}
