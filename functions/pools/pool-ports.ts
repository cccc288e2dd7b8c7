import type { Doorbell } from "../../shared/contract/http/work.ts";
import type { PoolLines } from "./pool-lines.ts";

/** What a host gives to the worker protocol; all of it may be left out. */
export interface PoolPorts {
  /** Tells when something is put in line; without it waiting requests look again and again. */
  readonly lines?: PoolLines;
  /** How long a request for work may be held open; default: as long as any request. */
  readonly waitSecondsMax?: number;
  /** How a worker is to wait; undefined = by asking again with `waitSeconds`. */
  doorbellFor?(tenant: string, pool: string, worker: string): Promise<Doorbell | undefined>;
}
