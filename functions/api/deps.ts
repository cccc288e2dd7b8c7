import type { ComponentState } from "../../shared/contract/http/operation-views.ts";
import type { Rejection } from "../../shared/core/errors.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Attempt, Instance } from "../../shared/instance/instance.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { PoolPorts } from "../pools/pool-ports.ts";
import type { Engine } from "../runtime/engine.ts";
import type { WebhookPorts } from "../webhooks/webhook-ports.ts";
import type { PayloadDoor } from "./payload-door.ts";

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

/** What each host gives to the API. */
export interface ApiDeps {
  readonly engine: Engine;
  /** Who asks, from the verified credential only. */
  authenticate(request: Request): TenantContext | Rejection | Promise<TenantContext | Rejection>;
  health(): Promise<Readonly<Record<string, ComponentHealth>>>;
  readonly watch?: InstanceWatch;
  /** Default: the log records that completion writes. */
  readonly logs?: AttemptLogs;
  readonly timer?: Timer;
  /** What the worker protocol needs beside the engine. */
  readonly pools?: PoolPorts;
  /** Absent where no function can be deployed. */
  readonly deployer?: Deployer;
  /** Absent where no messages are sent to the outside. */
  readonly webhooks?: WebhookPorts;
  /** Where payloads come and go through this server itself. */
  readonly payloadDoor?: PayloadDoor;
  /**
   * For hosts without authentication: answers only requests addressed to this machine by pages and
   * programs of this machine, so that a web page elsewhere cannot reach it through the browser.
   */
  readonly allowLoopbackOnly?: boolean;
}

export const systemTimer: Timer = {
  after(delayMs, callback) {
    const timeout = setTimeout(callback, delayMs);
    return () => clearTimeout(timeout);
  },
};
