import type { DeploymentOptions } from "../../config.ts";

/** What whoever decides about places must know of this deployment. */
export interface PlacingProps {
  readonly fargate: DeploymentOptions["fargate"];
  /** Where the pools' doorbell queues are; absent: there are none. */
  readonly poolQueuePrefix?: string | undefined;
}

/** The part of a function's environment that says where attempts can go. */
export function placing({ fargate, poolQueuePrefix }: PlacingProps): {
  FARGATE: "on" | "off";
  FARGATE_SPOT: "on" | "off";
  POOL_QUEUE_PREFIX: string | undefined;
} {
  return {
    FARGATE: fargate.enabled ? "on" : "off",
    FARGATE_SPOT: fargate.enabled && fargate.spot ? "on" : "off",
    POOL_QUEUE_PREFIX: poolQueuePrefix,
  };
}
