import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Clock, Ids } from "../../shared/ports/clock.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { FunctionPlatform } from "../../shared/ports/function-platform.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import type { Store } from "../../shared/ports/store.ts";
import {
  type LocalPlatform,
  openLocalPlatform,
} from "../adapters/local/deployed/local-platform.ts";
import { allPlatforms } from "../deploy/all-platforms.ts";
import { openLocalDeployer } from "../deploy/local-deployer.ts";
import type { HostOptions } from "./options.ts";

/** What deploying on this host is made of. */
export interface HostDeployments {
  readonly deployer: Deployer;
  readonly platform: LocalPlatform;
  close(): Promise<void>;
}

export interface HostDeploymentDeps {
  readonly store: Store;
  readonly payloads: Payloads;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly runnerPath: string;
  /** Other clouds to which functions are deployed as well. */
  readonly otherPlatforms: readonly FunctionPlatform[];
}

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
    deployer,
    async close() {
      await platform.close();
      if (inMemory) await rm(folder, { recursive: true, force: true });
    },
  };
}
