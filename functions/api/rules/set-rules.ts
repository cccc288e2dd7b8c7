import type { PutRules } from "../../../shared/contract/http/rules-views.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { RejectionError } from "../../../shared/core/errors.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import type { RuleSetVersion, RulesHead } from "../../../shared/routing/rules/rule-set.ts";
import type { Engine } from "../../runtime/engine.ts";
import { changeHead, noteOf, withActive } from "./change-rules.ts";
import { canonicalRules } from "./check-rules.ts";
import { findVersion, fingerprintOf } from "./read-rules.ts";

export interface SetRules {
  readonly head: RulesHead;
  /** The version that holds what was sent. */
  readonly version: number;
  readonly created: boolean;
}

/**
 * Keeps the rules as a new version unless the newest one is the same, and brings them into force
 * unless that is not wanted. With `onlyIfVersion`, only when that is the newest version.
 */
export async function setRules(
  engine: Engine,
  context: TenantContext,
  body: PutRules,
  onlyIfVersion?: number,
): Promise<SetRules> {
  const { tenant, actor } = context;
  const { note, activate, ...given } = body;
  const spec = canonicalRules(given, "");
  const fingerprint = fingerprintOf(engine, spec);
  let version = 0;
  let created = false;
  const head = await changeHead(engine, context, async (present) => {
    const { latestVersion } = present;
    if (onlyIfVersion !== undefined && onlyIfVersion !== latestVersion) {
      throw notNewest(latestVersion, onlyIfVersion);
    }
    const newest = await findVersion(engine, tenant, latestVersion);
    created = newest?.fingerprint !== fingerprint;
    version = created ? latestVersion + 1 : latestVersion;
    const written = noteOf(engine, context, note);
    const next = activate ? withActive(present, version, written) : present;
    if (!created) return { head: next };
    const { atMs } = written;
    const kept: RuleSetVersion = {
      tenant,
      version,
      spec,
      fingerprint,
      createdAtMs: atMs,
      createdBy: actor,
      ...(note === undefined ? {} : { note }),
    };
    const key = keys.rulesVersion(tenant, version);
    return {
      head: { ...next, latestVersion: version, updatedAtMs: atMs, updatedBy: actor },
      changes: [{ kind: "put", record: { key, type: "rules", body: kept }, expect: "absent" }],
    };
  });
  engine.log.info("rules set", { version, created, activated: activate });
  return { head, version, created };
}

function notNewest(latestVersion: number, wanted: number): RejectionError {
  return new RejectionError({
    code: "precondition_failed",
    detail: `version ${latestVersion} of the rules is the newest, not ${wanted}`,
    pointer: "If-Match",
    suggestion: "read the rules, apply the change to them again, and send their new ETag",
  });
}
