import type { Rejection } from "../../shared/core/errors.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { PoolPorts } from "../pools/pool-ports.ts";
import type { Engine } from "../runtime/engine.ts";
import type { AttemptLogs, ComponentHealth, InstanceWatch, Timer } from "../runtime/host-ports.ts";
import type { WebhookPorts } from "../webhooks/webhook-ports.ts";
import type { PayloadDoor } from "./payload-door.ts";

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
