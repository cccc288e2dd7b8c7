import type { PageQuery } from "../../../shared/contract/http/requests.ts";
import { limits } from "../../../shared/core/limits.ts";
import { auditInstance } from "../../../shared/instance/audit.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { makeCursor, placeOfCursor } from "../../lists/cursor.ts";
import { MergedScan } from "../../lists/merged-scan.ts";
import type { Engine } from "../../runtime/engine.ts";
import { readInstances } from "./list-instances.ts";

export interface InstanceFinding {
  readonly instanceId: string;
  readonly task: string;
  readonly invariant: string;
  readonly detail: string;
}

/** Audits a page of stored instances, newest first; changes nothing. */
export async function examineInstances(
  engine: Engine,
  tenant: string,
  { limit = limits.pageSizeMax, cursor }: PageQuery,
): Promise<{
  readonly scanned: number;
  readonly findings: readonly InstanceFinding[];
  readonly nextCursor?: string;
}> {
  const binding = { tenant, operation: "examineInstances", filters: {} };
  const after = placeOfCursor(engine.ids, binding, cursor);
  const scan = await MergedScan.open(engine.store, { tenant, after, order: "descending" });
  const candidates = await scan.take(limit);
  const instances = await readInstances(engine, candidates);
  const findings = await Promise.all(
    instances.map((instance) => (instance === undefined ? [] : examine(engine, instance))),
  );
  const result = { scanned: candidates.length, findings: findings.flat() };
  const last = candidates.at(-1);
  return last === undefined || (await scan.isDone())
    ? result
    : { ...result, nextCursor: makeCursor(engine.ids, binding, last.sort) };
}

async function examine(engine: Engine, instance: Instance): Promise<readonly InstanceFinding[]> {
  const { id, tenant, task, taskVersion } = instance;
  const definition = await engine.definitions.version(tenant, task, taskVersion);
  const findings = auditInstance(instance, definition);
  return findings.map((finding) => ({ instanceId: id, task, ...finding }));
}
