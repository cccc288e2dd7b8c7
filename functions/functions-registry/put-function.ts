import type { FunctionRequest } from "../../shared/contract/http/function-views.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { FunctionHead, FunctionVersion } from "../../shared/function/function.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import type { Change } from "../../shared/ports/store.ts";
import {
  functionDigest,
  functionHeadRecord,
  functionVersionRecord,
  loadFunctionHead,
  loadFunctionVersion,
  type Stored,
} from "../runtime/deployed-functions.ts";
import type { Engine } from "../runtime/engine.ts";
import { KeptPackage } from "./kept-package.ts";

export interface PutFunction {
  readonly head: FunctionHead;
  readonly version: FunctionVersion;
  /** False when this version was there already. */
  readonly asked: boolean;
}

export interface DeployingDeps {
  readonly engine: Engine;
  readonly payloads: Payloads;
  readonly deployer: Deployer;
}

/**
 * Puts a version in force, or asks for its deployment first. Only the records are written here, and
 * the package put where it stays; the deployer, which reads both, has the right to create functions.
 */
export async function putFunction(
  deps: DeployingDeps,
  context: TenantContext,
  name: string,
  request: FunctionRequest,
): Promise<PutFunction> {
  const { engine, deployer } = deps;
  const { tenant } = context;
  const { package: uploaded, ...spec } = request;
  const kept = new KeptPackage(deps, tenant, uploaded);
  const digest = functionDigest(engine.ids, spec, uploaded.sha256);
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const [head, known] = await Promise.all([
      loadFunctionHead(engine.store, tenant, name),
      loadFunctionVersion(engine.store, tenant, name, digest),
    ]);
    const nowMs = engine.clock.now();
    const isActive = known?.body.state === "active";
    const version: FunctionVersion = isActive
      ? known.body
      : {
          tenant,
          name,
          digest,
          spec,
          ...(await packageOf(known?.body, kept)),
          state: "deploying",
          createdAtMs: known?.body.createdAtMs ?? nowMs,
          createdBy: known?.body.createdBy ?? context.actor,
          requestedAtMs: nowMs,
          deployTries: 0,
        };
    const nextHead = headFor(head?.body, version, nowMs);
    const changes = changesFor({ head, nextHead }, { known, version });
    const result =
      changes.length === 0 ? ({ outcome: "wrote" } as const) : await engine.store.write(changes);
    if (result.outcome === "lost") continue;
    await kept.discardAllBut(version.packageId, known?.body.packageId);
    if (isActive) return { head: nextHead, version, asked: false };
    engine.log.info("function deployment asked for", { function: name, digest });
    await deployer.request(tenant, name, digest);
    return { ...(await readBack(engine, nextHead, version)), asked: true };
  }
  await kept.discardAllBut(undefined, undefined);
  throw new RejectionError({
    code: "conflict",
    detail: `others keep changing the function ${name}; nothing was changed`,
    suggestion: "try again",
  });
}

/** A version that failed may have failed for its package: it gets the one that comes now. */
async function packageOf(
  known: FunctionVersion | undefined,
  kept: KeptPackage,
): Promise<Pick<FunctionVersion, "packageId" | "packageBytes" | "packageSha256">> {
  if (known === undefined || known.state === "failed") return kept.facts();
  const { packageId, packageBytes, packageSha256 } = known;
  return { packageId, packageBytes, packageSha256 };
}

/** A version that is deployed already is in force at once; any other when it is deployed. */
function headFor(
  present: FunctionHead | undefined,
  { tenant, name, digest, state }: FunctionVersion,
  nowMs: number,
): FunctionHead {
  const activeDigest = state === "active" ? digest : present?.activeDigest;
  const isSame = present?.digest === digest && present.activeDigest === activeDigest;
  if (present !== undefined && isSame) return present;
  return {
    tenant,
    name,
    digest,
    ...(activeDigest === undefined ? {} : { activeDigest }),
    createdAtMs: present?.createdAtMs ?? nowMs,
    updatedAtMs: nowMs,
  };
}

function changesFor(
  {
    head,
    nextHead,
  }: { readonly head: Stored<FunctionHead> | undefined; readonly nextHead: FunctionHead },
  {
    known,
    version,
  }: { readonly known: Stored<FunctionVersion> | undefined; readonly version: FunctionVersion },
): readonly Change[] {
  const changes: Change[] = [];
  if (head?.body !== nextHead) {
    const expect = head?.version ?? "absent";
    changes.push({ kind: "put", record: functionHeadRecord(nextHead), expect });
  }
  if (known?.body !== version) {
    const expect = known?.version ?? "absent";
    changes.push({ kind: "put", record: functionVersionRecord(version), expect });
  }
  return changes;
}

/** Where the deployer is this very process, the outcome is there already. */
async function readBack({ store }: Engine, head: FunctionHead, version: FunctionVersion) {
  const { tenant, name, digest } = version;
  const [newHead, newVersion] = await Promise.all([
    loadFunctionHead(store, tenant, name),
    loadFunctionVersion(store, tenant, name, digest),
  ]);
  return { head: newHead?.body ?? head, version: newVersion?.body ?? version };
}
