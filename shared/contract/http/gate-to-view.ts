import type { Estimate, ExplainedGate } from "../../instance/explained-gate.ts";
import { isoTime } from "./iso-time.ts";
import type { GateView, WhyView } from "./why-views.ts";

/** A gate as the wire shows it. */
export function gateToView(gate: ExplainedGate): GateView {
  const { holders, opensAtMs, estimate, releases, ...same } = gate;
  return {
    ...same,
    ...(holders === undefined
      ? {}
      : { holders: holders.map(({ sinceMs, ...who }) => ({ ...who, since: isoTime(sinceMs) })) }),
    ...(opensAtMs === undefined ? {} : { opensAt: isoTime(Math.ceil(opensAtMs)) }),
    ...estimateToView(estimate),
    releases: [...releases],
  };
}

export function estimateToView(estimate: Estimate | undefined): Pick<WhyView, "estimate"> {
  if (estimate === undefined) return {};
  return { estimate: { at: isoTime(Math.ceil(estimate.atMs)), basis: estimate.basis } };
}
