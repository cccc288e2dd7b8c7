import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PackageOrder } from "../../../../shared/contract/http/work.ts";
import { limits } from "../../../../shared/core/limits.ts";
import type { FunctionVersion } from "../../../../shared/function/function.ts";
import type {
  DeployOutcome,
  FunctionPlatform,
} from "../../../../shared/ports/function-platform.ts";
import type { Log } from "../../../../shared/ports/log.ts";
import type { Payloads } from "../../../../shared/ports/payloads.ts";
import type { Store } from "../../../../shared/ports/store.ts";
import type { RunTargets } from "../../../../shared/task/task.ts";
import { type OpenedPackage, openPackageCache } from "../../../runner/orders/package-cache.ts";
import { BadPackageError, unzipPackage } from "../../../runner/orders/unzip-package.ts";
import { packageOrderOf } from "../../../runtime/deployed-functions.ts";
import { openTryOut } from "./try-out.ts";

export interface LocalPlatformOptions {
  /** Packages are unpacked below it. */
  readonly folder: string;
  readonly store: Store;
  readonly payloads: Payloads;
  /** The bundled runner, for trying functions out. */
  readonly runnerPath: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** This machine as a place for functions: to deploy one is to unpack it. */
export interface LocalPlatform extends FunctionPlatform {
  /** Where the code of a task's package is; unpacks it again if its folder was lost. */
  open(tenant: string, target: NonNullable<RunTargets["package"]>): Promise<OpenedPackage>;
  close(): Promise<void>;
}

const rememberedMax = 1_000;

export function openLocalPlatform(options: LocalPlatformOptions): LocalPlatform {
  const { folder, store, payloads } = options;
  const opened = new Map<string, OpenedPackage>();
  const folderOf = (tenant: string, name: string): string => join(folder, tenant, name);
  const cacheOf = (tenant: string, name: string) => openPackageCache(folderOf(tenant, name));
  const tryOut = openTryOut(options);
  return {
    name: "local",
    async deploy(version, packageBytes) {
      const root = folderOf(version.tenant, version.name);
      const unpacked = await unpack(root, version, packageBytes);
      if (unpacked.outcome === "refused") return unpacked;
      const found = await cacheOf(version.tenant, version.name).open(orderFor(version));
      return found.outcome === "ready"
        ? { outcome: "deployed", reference: join(root, version.packageSha256) }
        : { outcome: "refused", reason: found.error.message };
    },
    async status(version) {
      const { tenant, name, spec, packageSha256 } = version;
      if (!(await exists(join(folderOf(tenant, name), packageSha256)))) return { state: "missing" };
      const { runtime, timeoutSeconds, memoryMb } = spec;
      return { state: "active", runtime, timeoutSeconds, memoryMb };
    },
    invoke: (version, event) =>
      tryOut.run(version, folderOf(version.tenant, version.name), orderFor(version), event),
    async remove(tenant, name) {
      const root = folderOf(tenant, name);
      for (const key of opened.keys()) if (key.startsWith(`${tenant}/${name}/`)) opened.delete(key);
      const was = await exists(root);
      await rm(root, { recursive: true, force: true });
      return was;
    },
    async open(tenant, target) {
      const key = `${tenant}/${target.function}/${target.digest}`;
      const known = opened.get(key);
      if (known !== undefined) return known;
      const order = await packageOrderOf({ store, payloads }, tenant, target);
      if (order === undefined) return notDeployed(target);
      const found = await cacheOf(tenant, target.function).open(order);
      if (found.outcome === "ready") {
        // Versions never change, so this stays right; the bound only keeps it small.
        if (opened.size >= rememberedMax) opened.clear();
        opened.set(key, found);
      }
      return found;
    },
    close: () => tryOut.close(),
  };
}

/** The folder gets its final name as the last step, so that one which has it is complete. */
async function unpack(
  root: string,
  { packageSha256, spec }: FunctionVersion,
  packageBytes: Uint8Array,
): Promise<DeployOutcome> {
  const done = { outcome: "deployed", reference: "" } as const;
  if (!spec.runtime.startsWith("nodejs")) {
    const reason = `this machine runs Node packages only, not ${spec.runtime}`;
    return { outcome: "refused", reason };
  }
  const folder = join(root, packageSha256);
  if (await exists(folder)) return done;
  const draft = join(root, `.new-${randomUUID()}`);
  try {
    await mkdir(draft, { recursive: true });
    // Without it, whatever project this folder happens to be in would say what ".js" means.
    await writeFile(join(root, "package.json"), "{}\n");
    await unzipPackage(packageBytes, draft, {
      bytesMax: limits.packageUnpackedBytesMax,
      filesMax: limits.packageFilesMax,
    });
    await rename(draft, folder);
    return done;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another deployment of the same content was faster.
    if (await exists(folder)) return done;
    if (!(error instanceof BadPackageError)) throw error;
    return { outcome: "refused", reason: `the package cannot be unpacked: ${error.message}` };
  }
}

/** For a package whose folder is there: nothing is fetched. */
function orderFor({ spec, packageBytes, packageSha256 }: FunctionVersion): PackageOrder {
  return {
    url: "",
    bytes: packageBytes,
    sha256: packageSha256,
    runtime: spec.runtime,
    handler: spec.handler,
    environment: spec.environment,
  };
}

function notDeployed(target: NonNullable<RunTargets["package"]>): OpenedPackage {
  const version = target.digest === undefined ? "" : `version ${target.digest.slice(0, 16)} of `;
  const message = `${version}the function "${target.function}" is not deployed`;
  return { outcome: "failed", error: { class: "missing_function", message } };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}
