import type { JsonValue } from "../core/json.ts";
import type { InvokeOutcome } from "./function-platform.ts";

/** Whoever may create functions: on AWS a function of its own, because the API has no right to. */
export interface Deployer {
  /**
   * Asks for a deployment; its outcome is written into the version's record. Never throws: a request
   * that is lost is made again by the timekeeper, and by whoever deploys the same content again.
   */
  request(tenant: string, name: string, digest: string): Promise<void>;
  /** Calls a deployed version and waits, a bounded time. */
  tryOut(tenant: string, name: string, digest: string, event: JsonValue): Promise<InvokeOutcome>;
  /** Takes a function away, from its platform and from the records; harmless when repeated. */
  remove(tenant: string, name: string): Promise<void>;
}
