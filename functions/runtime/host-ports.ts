import type { ComponentState } from "../../shared/contract/http/operation-views.ts";
import type { Attempt, Instance } from "../../shared/instance/instance.ts";

/** Tells when an instance was written; hosts that cannot tell have none, and waiting requests answer at once. */
export interface InstanceWatch {
  /** Calls `listener` after each durable write, until the returned function is called. */
  onChange(tenant: string, instanceId: string, listener: () => void): () => void;
}

/** Where the logs of attempts are found. */
export interface AttemptLogs {
  /** The end of an attempt's log, or undefined when there is none (yet). */
  read(
    tenant: string,
    instanceId: string,
    attemptId: string,
    externalId: string | undefined,
    facts: { readonly instance: Instance; readonly attempt: Attempt },
  ): Promise<string | undefined>;
}

/** Waits outside of tests by the machine's timers. */
export interface Timer {
  /** Calls back once after that time, unless the returned function is called before. */
  after(delayMs: number, callback: () => void): () => void;
}

/** How a part of the host is, with further facts of its own. */
export interface ComponentHealth {
  readonly state: ComponentState;
  readonly [fact: string]: string | number | boolean | undefined;
}

export const systemTimer: Timer = {
  after(delayMs, callback) {
    const timeout = setTimeout(callback, delayMs);
    return () => clearTimeout(timeout);
  },
};
