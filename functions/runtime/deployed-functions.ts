import type { PackageOrder } from "../../shared/contract/http/work.ts";
import { keys } from "../../shared/contract/keys.ts";
import { canonicalJson, type JsonValue } from "../../shared/core/json.ts";
import type {
  FunctionHead,
  FunctionSpec,
  FunctionVersion,
} from "../../shared/function/function.ts";
import type { Ids } from "../../shared/ports/clock.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import type { NewRecord, Store, StoredRecord } from "../../shared/ports/store.ts";
import type { RunTargets } from "../../shared/task/task.ts";

/** A record of a function together with the version by which it may be written. */
export interface Stored<Body> {
  readonly body: Body;
  readonly version: number;
}

/** Names a version: the same settings and the same package are the same version, whoever deploys them. */
export function functionDigest(ids: Ids, spec: FunctionSpec, packageSha256: string): string {
  return ids.fingerprint(`${canonicalJson(spec as unknown as JsonValue)}\n${packageSha256}`);
}

/** The changeable record of a function. */
export async function loadFunctionHead(
  store: Store,
  tenant: string,
  name: string,
): Promise<Stored<FunctionHead> | undefined> {
  return stored(await store.get(keys.functionHead(tenant, name)));
}

/** One version of a function. */
export async function loadFunctionVersion(
  store: Store,
  tenant: string,
  name: string,
  digest: string,
): Promise<Stored<FunctionVersion> | undefined> {
  return stored(await store.get(keys.functionVersion(tenant, name, digest)));
}

/** Our own writes put nothing else under these keys. */
function stored<Body>(record: StoredRecord | undefined): Stored<Body> | undefined {
  if (record === undefined) return undefined;
  return { body: record.body as unknown as Body, version: record.version };
}

export function functionHeadRecord(head: FunctionHead): NewRecord<FunctionHead> {
  return { key: keys.functionHead(head.tenant, head.name), type: "function", body: head };
}

export function functionVersionRecord(version: FunctionVersion): NewRecord<FunctionVersion> {
  const { tenant, name, digest } = version;
  return { key: keys.functionVersion(tenant, name, digest), type: "function", body: version };
}

/**
 * Where a runner outside of Lambda finds the package and how it is run; undefined when there is no
 * such version in force. The address expires, so it is made for each attempt.
 */
export async function packageOrderOf(
  { store, payloads }: { readonly store: Store; readonly payloads: Payloads | undefined },
  tenant: string,
  { function: name, digest }: NonNullable<RunTargets["package"]>,
): Promise<PackageOrder | undefined> {
  if (payloads === undefined || digest === undefined) return undefined;
  const found = await loadFunctionVersion(store, tenant, name, digest);
  if (found === undefined || found.body.state !== "active") return undefined;
  const { spec, packageId: id, packageBytes: bytes, packageSha256: sha256 } = found.body;
  return {
    url: await payloads.urlOf(tenant, { id, bytes, sha256 }),
    bytes,
    sha256,
    runtime: spec.runtime,
    handler: spec.handler,
    environment: spec.environment,
  };
}
