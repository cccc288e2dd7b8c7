import type { Instance } from "../../instance/instance.ts";
import type { Receipt, ReceiptCandidate } from "../../routing/receipt.ts";
import type { Settlement } from "../../routing/settle.ts";
import { isoTime } from "./iso-time.ts";
import type { ReceiptView, RoutingView } from "./receipt-views.ts";

export function receiptToView(receipt: Receipt): ReceiptView {
  const { decidedAtMs, candidates, experiment, shadow, margin, ...rest } = receipt;
  return {
    decidedAt: isoTime(decidedAtMs),
    rules: rest.rules,
    rule: rest.rule,
    type: rest.type,
    priority: rest.priority,
    policy: rest.policy,
    prices: rest.prices,
    features: rest.features,
    candidates: candidates.map(candidateToView),
    ...(rest.chosen === undefined ? {} : { chosen: rest.chosen }),
    ...(margin === undefined ? {} : { margin }),
    ...(rest.memoryMb === undefined ? {} : { memoryMb: rest.memoryMb }),
    ...(rest.timeoutMs === undefined ? {} : { timeoutMs: rest.timeoutMs }),
    ...(experiment === undefined ? {} : { experiment }),
    ...(shadow === undefined ? {} : { shadow }),
    reason: rest.reason,
  };
}

function candidateToView(candidate: ReceiptCandidate): ReceiptView["candidates"][number] {
  const { backend, type, feasible, exclusions, temporary, size, predicted } = candidate;
  return {
    backend,
    type,
    feasible,
    exclusions: [...exclusions],
    ...(temporary === undefined ? {} : { temporary }),
    ...(size === undefined ? {} : { size }),
    ...(predicted === undefined ? {} : { predicted }),
  };
}

/**
 * The receipt of each attempt with what became of it, and what routing would decide now if an attempt
 * is still to come. `settlements` are by attempt number.
 */
export function routingToView(
  instance: Instance,
  planned: Receipt | undefined,
  settlements: ReadonlyMap<number, Settlement>,
): RoutingView {
  return {
    instanceId: instance.id,
    items: instance.attempts.map(({ number, id, backend, receipt }) => ({
      attempt: number,
      attemptId: id,
      backend,
      ...(receipt === undefined ? {} : { receipt: receiptToView(receipt) }),
      ...settlementToView(settlements.get(number)),
    })),
    ...(planned === undefined ? {} : { planned: receiptToView(planned) }),
  };
}

function settlementToView(
  settlement: Settlement | undefined,
): Pick<RoutingView["items"][number], "actual" | "elsewhere"> {
  if (settlement === undefined) return {};
  const { actual, elsewhere } = settlement;
  return { actual, ...(elsewhere.length === 0 ? {} : { elsewhere: [...elsewhere] }) };
}
