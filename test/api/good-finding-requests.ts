import { putFinding } from "../../functions/runtime/finding-records.ts";
import type { OperationId } from "../../shared/contract/http/routes.ts";
import { type Finding, findingIdOf } from "../../shared/finding/finding.ts";
import type { Yard } from "./yard.ts";

/** Of a schedule whose slot nobody settled. */
export function openFinding(yard: Yard, more: Partial<Finding> = {}): Finding {
  const symptom = { kind: "slot_missed", subject: "nightly", atMs: yard.now, message: "" } as const;
  return {
    tenant: "acme",
    id: findingIdOf({ ...symptom, ...more }),
    kind: "slot_missed",
    subject: "nightly",
    state: "open",
    message: "nothing has become of a slot whose time is over",
    nominalMs: yard.now,
    openedAtMs: yard.now,
    ...more,
  };
}

/** Stores a finding as the watch does. */
export async function keepFinding(yard: Yard, finding: Finding): Promise<Finding> {
  await yard.store.write([putFinding(finding, "absent")]);
  return finding;
}

/** What a path and a body of these operations need, in a yard where there is such a thing. */
export async function goodFindingParts(
  yard: Yard,
  id: OperationId,
): Promise<{ readonly id?: string; readonly body?: object } | undefined> {
  if (id !== "acknowledgeFinding" && id !== "listFindings") return undefined;
  const finding = await keepFinding(yard, openFinding(yard));
  return id === "listFindings" ? {} : { id: finding.id, body: { note: "looking into it" } };
}
