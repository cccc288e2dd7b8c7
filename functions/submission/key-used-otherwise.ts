import type { Rejection } from "../../shared/core/errors.ts";

/** Of a submission whose idempotency key made or joined that instance with other content. */
export function keyUsedOtherwise(instanceId: string): Rejection {
  return {
    code: "idempotency_conflict",
    detail: `the idempotency key was used for instance ${instanceId} with different content`,
    pointer: "/idempotencyKey",
    suggestion: "use a new key for new content, or repeat the first submission unchanged",
  };
}
