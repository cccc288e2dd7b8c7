import type { PageQuery } from "../../../shared/contract/http/requests.ts";
import type { AnyRulesVersion, RulesState } from "../../../shared/contract/http/rules-to-view.ts";
import { keys, paddedNumber } from "../../../shared/contract/keys.ts";
import { assert, RejectionError } from "../../../shared/core/errors.ts";
import { canonicalJson, type JsonValue } from "../../../shared/core/json.ts";
import { limits } from "../../../shared/core/limits.ts";
import type {
  RuleSetSpec,
  RuleSetVersion,
  RulesHead,
} from "../../../shared/routing/rules/rule-set.ts";
import { shippedRules } from "../../../shared/routing/rules/shipped.ts";
import { recordPage } from "../../lists/record-page.ts";
import type { Engine } from "../../runtime/engine.ts";

/** The head as it is stored, or what stands for it while nobody has set any rules. */
export interface FoundHead {
  readonly head: RulesHead;
  /** The record's version, for writing over it. */
  readonly expect: number | "absent";
}

export async function findHead({ store }: Engine, tenant: string): Promise<FoundHead> {
  const record = await store.get(keys.rulesHead(tenant));
  if (record !== undefined) {
    return { head: record.body as unknown as RulesHead, expect: record.version };
  }
  const head = { tenant, latestVersion: 0, activeVersion: 0, updatedAtMs: 0, updatedBy: "" };
  return { head, expect: "absent" };
}

/** The rules in force with everything that the head names. */
export async function readRules(engine: Engine, tenant: string): Promise<RulesState> {
  return stateOf(engine, (await findHead(engine, tenant)).head);
}

export async function stateOf(engine: Engine, head: RulesHead): Promise<RulesState> {
  const named = async (version: number | undefined): Promise<AnyRulesVersion | undefined> => {
    if (version === undefined) return undefined;
    const found = await findVersion(engine, head.tenant, version);
    assert(found !== undefined, `version ${version} of the rules is named and missing`);
    return found;
  };
  const [active, shadow, candidate] = await Promise.all([
    named(head.activeVersion),
    named(head.shadowVersion),
    named(head.experiment?.candidateVersion),
  ]);
  assert(active !== undefined, "some rules are always in force");
  return { head, active, shadow, candidate };
}

/** A version of the rules, or undefined when there is none. */
export async function findVersion(
  engine: Engine,
  tenant: string,
  version: number,
): Promise<AnyRulesVersion | undefined> {
  if (version === 0) return shippedVersion(engine);
  const record = await engine.store.get(keys.rulesVersion(tenant, version));
  return record === undefined ? undefined : (record.body as unknown as RuleSetVersion);
}

/** A version of the rules; throws a RejectionError when there is none. */
export async function getVersion(
  engine: Engine,
  tenant: string,
  version: number,
  pointer: string,
): Promise<AnyRulesVersion> {
  const found = await findVersion(engine, tenant, version);
  if (found !== undefined) return found;
  const { latestVersion } = (await findHead(engine, tenant)).head;
  throw new RejectionError({
    code: "rules_version_not_found",
    detail: `the rules have no version ${version}`,
    pointer,
    suggestion:
      latestVersion === 0
        ? "there is only version 0, what is shipped"
        : `the newest version is ${latestVersion}; 0 is what is shipped`,
  });
}

/** All versions, newest first; the last one is what is shipped. */
export async function listVersions(
  engine: Engine,
  tenant: string,
  query: PageQuery,
): Promise<{ readonly versions: readonly AnyRulesVersion[]; readonly nextCursor?: string }> {
  const { pk, sk: first } = keys.rulesVersion(tenant, 0);
  const { records, next } = await recordPage(
    engine,
    {
      partition: pk,
      from: first,
      to: `V#${paddedNumber(99_999_999, 8)}~`,
      order: "descending",
      binding: { tenant, operation: "listRulesVersions", filters: {} },
      sizeMax: limits.ruleVersionsPageMax,
    },
    query,
  );
  const versions = records.map(({ body }): AnyRulesVersion => body as unknown as RuleSetVersion);
  if (next.nextCursor !== undefined) return { versions, ...next };
  return { versions: [...versions, shippedVersion(engine)] };
}

export function fingerprintOf({ ids }: Pick<Engine, "ids">, spec: RuleSetSpec): string {
  return ids.fingerprint(canonicalJson(spec as unknown as JsonValue));
}

function shippedVersion(engine: Engine): AnyRulesVersion {
  return { version: 0, spec: shippedRules, fingerprint: fingerprintOf(engine, shippedRules) };
}
