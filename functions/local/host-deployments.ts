import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Clock, Ids } from "../../shared/ports/clock.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { FunctionPlatform } from "../../shared/ports/function-platform.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Store } from "../../shared/ports/store.ts";
import {
  type LocalPlatform,
  openLocalPlatform,
} from "../adapters/local/deployed/local-platform.ts";
import type { LocalPayloads } from "../adapters/local/file-payloads.ts";
import { allPlatforms } from "../deploy/all-platforms.ts";
import { openLocalDeployer } from "../deploy/local-deployer.ts";
import { loadFunctionVersion } from "../runtime/deployed-functions.ts";
import type { HostOptions } from "./options.ts";

/** What deploying on this host is made of. */
export interface HostDeployments {
  readonly deployer: Deployer;
  readonly platform: LocalPlatform;
  close(): Promise<void>;
}

export interface HostDeploymentDeps {
  readonly store: Store;
  readonly payloads: LocalPayloads;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly runnerPath: string;
  /** Other clouds to which functions are deployed as well. */
  readonly otherPlatforms: readonly FunctionPlatform[];
}

/** As good as for ever: packages go with their function, not after a while. */
const keepMs = 100 * 365 * 24 * 3_600_000;

export function openHostDeployments(
  options: Pick<HostOptions, "store" | "dataDirectory">,
  deps: HostDeploymentDeps,
): HostDeployments {
  const inMemory = options.store === "memory";
  const folder = inMemory
    ? join(tmpdir(), `switchyard-functions-${deps.ids.newToken()}`)
    : resolve(options.dataDirectory, "functions");
  const platform = openLocalPlatform({ ...deps, folder, env: process.env });
  const deployer = openLocalDeployer({
    ...deps,
    platform: allPlatforms(platform, deps.otherPlatforms),
    sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  });
  return {
    platform,
    deployer: {
      ...deployer,
      async request(tenant, name, digest) {
        const version = await loadFunctionVersion(deps.store, tenant, name, digest);
        if (version !== undefined) {
          const untilMs = deps.clock.now() + keepMs;
          await deps.payloads.keepUntil(tenant, version.body.packageId, untilMs);
        }
        await deployer.request(tenant, name, digest);
      },
    },
    async close() {
      await platform.close();
      if (inMemory) await rm(folder, { recursive: true, force: true });
    },
  };
}
