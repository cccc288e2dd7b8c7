import { TerminalError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { AttemptOrder } from "../../shared/ports/backend.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";

/**
 * The order with the addresses by which its code reaches what travels by reference: the input, when
 * it is large, and a place for an output, in case that is. They hold for the attempt's time and a
 * while longer. Making them asks nobody: it is a computation.
 */
export async function withPayloadLinks(
  payloads: Payloads | undefined,
  order: AttemptOrder,
): Promise<AttemptOrder> {
  const { tenant, attemptId, inputRef } = order;
  if (payloads === undefined) {
    if (inputRef === undefined) return order;
    throw new TerminalError(`the input of ${order.instanceId} is a payload; this host has none`);
  }
  const forSeconds = Math.ceil(order.timeoutMs / 1_000) + limits.payloadUrlSeconds;
  const [slot, url] = await Promise.all([
    payloads.outputOf(tenant, attemptId, forSeconds),
    inputRef === undefined ? undefined : payloads.urlOf(tenant, inputRef, forSeconds),
  ]);
  return {
    ...order,
    outputUrl: slot.url,
    ...(inputRef === undefined || url === undefined ? {} : { inputRef: { ...inputRef, url } }),
  };
}
