import type { BackendCapabilities } from "./backend-capabilities.ts";
import type { Considered } from "./consider.ts";
import type { ReceiptCandidate } from "./receipt.ts";
import { decideBy } from "./route.ts";
import type { RuleSet } from "./rules/rule-set.ts";
import type { OtherDecision } from "./what-if.ts";
import type { WhatIfRow } from "./what-if-row.ts";

/**
 * What other rules decide about a row: the router's own decision, with the candidates as they were
 * weighed at the time. Pure.
 */
export function replay(row: WhatIfRow, rules: RuleSet): OtherDecision {
  const { policy, stickyBackend, before, features } = row;
  const spec = {
    ...(policy === undefined ? {} : { policy }),
    ...(stickyBackend === undefined ? {} : { stickyBackend }),
  };
  const considered = row.candidates.map(consideredThen);
  const { classification, choice } = decideBy(
    rules,
    { spec, instance: before },
    considered,
    features,
  );
  return {
    backend: choice.chosen?.backend.name,
    rule: classification.rule,
    reason: classification.reason,
  };
}

/** What a decision looks at is on record; the rest of a backend's facts it must not look at. */
function consideredThen(candidate: ReceiptCandidate): Considered {
  const { backend, type, feasible, temporary, promoted, exclusions, predicted } = candidate;
  return {
    backend: { ...unknownBackend, name: backend, type },
    verdict: feasible ? "feasible" : temporary === true ? "unavailable" : "excluded",
    exclusions,
    misgivings: promoted === true ? [{ kind: "promoted", text: "" }] : [],
    size: { memoryMb: 0, cpuCores: 0 },
    timeoutMs: 0,
    ...(predicted === undefined ? {} : { predicted }),
  };
}

const unknownBackend: BackendCapabilities = {
  name: "",
  kind: "local",
  type: "traditional",
  targets: [],
  timeoutSecondsMax: 0,
  memoryMbMax: 0,
  cpuCoresMax: 0,
  storageMbMax: 0,
  inputBytesMax: 0,
  memoryMbDefault: 0,
  sizeIsPerAttempt: false,
  startMsTypical: 0,
  pricing: { model: "free" },
  labels: {},
  startIsIdempotent: false,
  reportsStart: false,
};
