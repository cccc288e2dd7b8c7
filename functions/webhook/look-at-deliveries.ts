import { TransientError } from "../../shared/core/errors.ts";
import { type DeliveryDeps, lookAtDelivery } from "./look-at-delivery.ts";

export interface DeliveryName {
  readonly tenant: string;
  readonly name: string;
  readonly id: string;
}

/**
 * Looks at several deliveries at once, so that a receiver that is slow holds up nobody else. Throws
 * when a look failed, after all have ended: then all are looked at again, and those that were tried
 * are not due.
 */
export async function lookAtDeliveries(
  deps: DeliveryDeps,
  deliveries: readonly DeliveryName[],
): Promise<void> {
  const looks = deliveries.map(({ tenant, name, id }) => lookAtDelivery(deps, tenant, name, id));
  const settled = await Promise.allSettled(looks);
  const failed = settled.filter((result) => result.status === "rejected");
  const [first] = failed;
  if (first === undefined) return;
  throw new TransientError(`${failed.length} of ${looks.length} looks at deliveries failed`, {
    cause: first.reason,
  });
}
