import { TerminalError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { truncateUtf8 } from "../../shared/core/texts.ts";
import type { FunctionHead, FunctionVersion } from "../../shared/function/function.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { FunctionPlatform } from "../../shared/ports/function-platform.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import type { Change, Store } from "../../shared/ports/store.ts";
import {
  functionHeadRecord,
  functionVersionRecord,
  loadFunctionHead,
  loadFunctionVersion,
} from "../runtime/deployed-functions.ts";

export interface DeployDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly payloads: Payloads;
  readonly platform: FunctionPlatform;
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: (bytes: Uint8Array) => string;
}

export type Deployed =
  /** By this call or one before. */
  | { readonly outcome: "active" }
  | { readonly outcome: "failed"; readonly reason: string }
  /** Nobody asks for this version any more. */
  | { readonly outcome: "gone" };

type Outcome =
  | { readonly state: "active"; readonly reference: string }
  | { readonly state: "failed"; readonly failure: string };

/**
 * Deploys one version and writes what came of it. Harmless when repeated and when two do it at once:
 * the platform's own steps are idempotent, and a version that is active stays so. Throws what may
 * pass, so that whoever carried the request brings it again.
 */
export async function deployFunction(
  deps: DeployDeps,
  tenant: string,
  name: string,
  digest: string,
): Promise<Deployed> {
  const version = await takeUp(deps, tenant, name, digest);
  if (version === undefined) return { outcome: "gone" };
  if (version.state === "active") return { outcome: "active" };
  if (version.state === "failed") {
    return { outcome: "failed", reason: version.failure ?? "no reason is known" };
  }
  const outcome = await perform(deps, version);
  return writeOutcome(deps, version, outcome);
}

/** Notes that somebody is at it, which also moves the moment at which it is asked for again. */
async function takeUp(
  { store, clock }: DeployDeps,
  tenant: string,
  name: string,
  digest: string,
): Promise<FunctionVersion | undefined> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const known = await loadFunctionVersion(store, tenant, name, digest);
    if (known === undefined || known.body.state !== "deploying") return known?.body;
    const taken: FunctionVersion =
      known.body.deployTries >= limits.deployTriesMax
        ? {
            ...known.body,
            state: "failed",
            failure: `given up after ${limits.deployTriesMax} tries that ended without an outcome`,
          }
        : {
            ...known.body,
            requestedAtMs: clock.now(),
            deployTries: known.body.deployTries + 1,
          };
    const record = functionVersionRecord(taken);
    const result = await store.write([{ kind: "put", record, expect: known.version }]);
    if (result.outcome === "wrote") return taken;
  }
  // Others are at it; whatever they do, doing it beside them is harmless.
  return (await loadFunctionVersion(store, tenant, name, digest))?.body;
}

async function perform(deps: DeployDeps, version: FunctionVersion): Promise<Outcome> {
  const { payloads, platform, log } = deps;
  const { tenant, name, digest, packageId, packageSha256 } = version;
  const bytes = await payloads.read(tenant, packageId);
  if (bytes === undefined) return failed(`the package ${packageId} is not there any more`);
  const found = deps.sha256(bytes);
  if (found !== packageSha256) {
    return failed(`the package has the SHA-256 ${found}, not ${packageSha256}: it was damaged`);
  }
  try {
    const deployed = await platform.deploy(version, bytes);
    if (deployed.outcome === "refused") return failed(deployed.reason);
    return { state: "active", reference: deployed.reference };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    log.warn("function not deployed", { function: name, digest, cause });
    if (error instanceof TerminalError) return failed(cause);
    throw error;
  }
}

function failed(failure: string): Outcome {
  return { state: "failed", failure: truncateUtf8(failure, limits.errorMessageBytesMax) };
}

async function writeOutcome(
  deps: DeployDeps,
  { tenant, name, digest }: FunctionVersion,
  outcome: Outcome,
): Promise<Deployed> {
  const { store, clock, log, platform } = deps;
  for (;;) {
    const [known, head] = await Promise.all([
      loadFunctionVersion(store, tenant, name, digest),
      loadFunctionHead(store, tenant, name),
    ]);
    if (known === undefined || head === undefined) {
      // Removed meanwhile, perhaps before the platform had it: nothing may be left behind.
      if (head === undefined) await platform.remove(tenant, name);
      return { outcome: "gone" };
    }
    // Another's success counts more than a failure of ours.
    if (known.body.state === "active") return { outcome: "active" };
    const { failure: _, ...rest } = known.body;
    const version: FunctionVersion = { ...rest, ...outcome };
    const changes: Change[] = [
      { kind: "put", record: functionVersionRecord(version), expect: known.version },
    ];
    const nextHead = headAfter(head.body, version, clock.now());
    if (nextHead !== head.body) {
      const record = functionHeadRecord(nextHead);
      changes.push({ kind: "put", record, expect: head.version });
    }
    const result = await store.write(changes);
    if (result.outcome === "lost") continue;
    log.info("function deployed", { function: name, digest, state: outcome.state });
    return outcome.state === "active"
      ? { outcome: "active" }
      : { outcome: "failed", reason: outcome.failure };
  }
}

/** In force is the version asked for last; an earlier one only as long as there is nothing better. */
function headAfter(head: FunctionHead, version: FunctionVersion, nowMs: number): FunctionHead {
  if (version.state !== "active") return head;
  if (head.digest !== version.digest && head.activeDigest !== undefined) return head;
  return { ...head, activeDigest: version.digest, updatedAtMs: nowMs };
}
