import { canonicalJson, type JsonObject } from "../../../../shared/core/json.ts";
import type { Change, Conflict, StoredRecord } from "../../../../shared/ports/store.ts";
import { versionAfter } from "./change-requests.ts";
import type { Item } from "./item-size.ts";
import { itemBytes, writeUnitsOf } from "./item-size.ts";
import { recordOf } from "./record-item.ts";

/** What a refused write showed of each change, in order. */
export interface Finding {
  /** "unseen": the change's condition was not looked at. */
  readonly condition: "failed" | "held" | "unseen";
  readonly item: Item | undefined;
}

/** Present when the error says that an expectation did not hold, which is an answer and not a fault. */
export function findingsOf(error: unknown): readonly Finding[] | undefined {
  const { name, Item: item, CancellationReasons: reasons } = error as RefusedWrite;
  if (name === "ConditionalCheckFailedException") return [{ condition: "failed", item }];
  if (name !== "TransactionCanceledException" || reasons === undefined) return undefined;
  const findings = reasons.map((reason): Finding => {
    if (reason.Code === "ConditionalCheckFailed") return { condition: "failed", item: reason.Item };
    return { condition: reason.Code === "None" ? "held" : "unseen", item: undefined };
  });
  return findings.some((finding) => finding.condition === "failed") ? findings : undefined;
}

interface RefusedWrite {
  readonly name?: string;
  readonly Item?: Item;
  readonly CancellationReasons?: readonly { readonly Code?: string; readonly Item?: Item }[];
}

export function conflictsOf(findings: readonly Finding[]): readonly Conflict[] {
  return findings.flatMap((finding, changeIndex) =>
    finding.condition === "failed"
      ? [{ changeIndex, current: finding.item === undefined ? undefined : recordOf(finding.item) }]
      : [],
  );
}

/** A refused write is billed for the items it looked at, but its answer does not say how much. */
export function estimatedUnits(findings: readonly Finding[]): number {
  const factor = findings.length > 1 ? 2 : 1;
  const units = findings.map(({ item }) =>
    item === undefined ? 1 : writeUnitsOf(itemBytes(item)),
  );
  return factor * units.reduce((sum, each) => sum + each, 0);
}

/**
 * Whether an earlier try of this write, whose answer never came, was applied after all. Versions
 * grow by one and a write is atomic, so one put settles it for all: its record is there as we
 * wanted it, or its place was taken by another, or its condition still held.
 */
export function fateOfEarlierTry(
  changes: readonly Change[],
  findings: readonly Finding[],
): "applied" | "not applied" | "unclear" {
  const evidence = changes.map((change, index) => evidenceOf(change, findings[index]));
  if (evidence.includes("not applied")) return "not applied";
  return evidence.includes("applied") ? "applied" : "unclear";
}

function evidenceOf(change: Change, finding: Finding | undefined) {
  if (finding === undefined || finding.condition === "unseen") return "unclear";
  if (change.kind !== "put" && change.kind !== "delete") return "unclear";
  // "Absent" may hold again because somebody deleted what we wrote; a version never comes back.
  if (finding.condition === "held") return change.expect === "absent" ? "unclear" : "not applied";
  if (change.kind === "delete" || finding.item === undefined) return "unclear";
  const current = recordOf(finding.item);
  if (current.version !== versionAfter(change.expect)) return "unclear";
  return isSameContent(change.record, current) ? "applied" : "not applied";
}

function isSameContent(wanted: Omit<StoredRecord<object>, "version">, current: StoredRecord) {
  const body = JSON.parse(JSON.stringify(wanted.body)) as JsonObject;
  return wanted.type === current.type && canonicalJson(body) === canonicalJson(current.body);
}
