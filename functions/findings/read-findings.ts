import type { Acknowledgement, FindingsQuery } from "../../shared/contract/http/finding-routes.ts";
import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { type Finding, systemTenant } from "../../shared/finding/finding.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { loadFinding, putFinding } from "../runtime/finding-records.ts";

/** Findings about a tenant's schedules, or about the system, which everybody may see; newest first. */
export async function listFindings(
  engine: Engine,
  tenant: string,
  { state, scope = "tenant", ...page }: FindingsQuery,
): Promise<{
  readonly findings: readonly Finding[];
  readonly next: { readonly nextCursor?: string };
}> {
  const owner = scope === "system" ? systemTenant : tenant;
  const filters = { scope, ...(state === undefined ? {} : { state }) };
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.finding(owner, "").pk,
      order: "descending",
      binding: { tenant, operation: "listFindings", filters },
    },
    page,
  );
  const findings = records
    .map(({ body }) => body as unknown as Finding)
    .filter((finding) => state === undefined || finding.state === state);
  return { findings, next };
}

/** Notes who takes care of it; the first one stays. */
export async function acknowledgeFinding(
  { store, clock }: Engine,
  { tenant, actor }: TenantContext,
  id: string,
  { note }: Acknowledgement,
): Promise<Finding> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadFinding(store, tenant, id);
    if (loaded === undefined) throw new RejectionError(findingNotFound(id));
    const { finding, version } = loaded;
    if (finding.acknowledged !== undefined) return finding;
    const acknowledged = {
      atMs: clock.now(),
      by: actor,
      ...(note === undefined ? {} : { note }),
    };
    const next: Finding = { ...finding, acknowledged };
    const result = await store.write([putFinding(next, version)]);
    if (result.outcome === "wrote") return next;
  }
  throw new RejectionError({
    code: "conflict",
    detail: `others keep changing the finding ${id}; nothing was changed`,
    suggestion: "try again",
  });
}

function findingNotFound(id: string) {
  return {
    code: "finding_not_found",
    detail: `there is no finding "${id}"`,
    pointer: "id",
    suggestion: "list them with GET /v1/findings; closed ones are deleted after some time",
  } as const;
}
