import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { type Finding, findingExpiresAtMs } from "../../shared/finding/finding.ts";
import type { Change, Expectation, Store } from "../../shared/ports/store.ts";

/** A finding with the version that a change of it must expect. */
export interface LoadedFinding {
  readonly finding: Finding;
  readonly version: number;
}

export async function loadFinding(
  store: Store,
  tenant: string,
  id: string,
): Promise<LoadedFinding | undefined> {
  const record = await store.get(keys.finding(tenant, id));
  if (record === undefined) return undefined;
  return { finding: record.body as unknown as Finding, version: record.version };
}

/** The findings of a tenant that are kept, newest first, at most `limits.findingsOpenMax`. */
export async function loadFindings(
  store: Store,
  tenant: string,
): Promise<readonly LoadedFinding[]> {
  const found: LoadedFinding[] = [];
  let to: string | undefined;
  while (found.length < limits.findingsOpenMax) {
    const page = await store.query({
      index: "primary",
      partition: keys.finding(tenant, "").pk,
      ...(to === undefined ? {} : { to }),
      order: "descending",
      limit: limits.storePageMax,
    });
    const records = await store.getMany(page.map(({ key }) => key));
    for (const record of records) {
      if (record === undefined) continue;
      found.push({ finding: record.body as unknown as Finding, version: record.version });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < limits.storePageMax) return found;
    to = last.sort;
  }
  return found;
}

export function putFinding(finding: Finding, expect: Expectation): Change {
  const expiresAtMs = findingExpiresAtMs(finding);
  return {
    kind: "put",
    expect,
    record: {
      key: keys.finding(finding.tenant, finding.id),
      type: "finding",
      body: finding,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    },
  };
}
