import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemTenant } from "../../shared/finding/finding.ts";
import type { AttemptReport, Backend } from "../../shared/ports/backend.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Log } from "../../shared/ports/log.ts";
import {
  type LocalContainers,
  openLocalContainers,
} from "../adapters/local/container/open-local-containers.ts";
import type { LocalPlatform } from "../adapters/local/deployed/local-platform.ts";
import {
  type LocalExecutor,
  openLocalExecutor,
} from "../adapters/local/executor/local-executor.ts";
import type { ComponentHealth } from "../runtime/host-ports.ts";
import type { HostOptions } from "./options.ts";

/** Where the host's bundles and the modules of its tasks are. */
export interface HostPaths {
  readonly functionsRoot: string;
  readonly runnerPath: string;
  /** The entry point of the runner's image. */
  readonly containerPath: string;
}

/** What attempts run on here: functions in shared processes, and containers with one process each. */
export interface LocalBackends {
  /** In the order in which they are preferred. */
  readonly all: readonly Backend[];
  readonly executor: LocalExecutor;
  readonly containers: LocalContainers;
  /** Names of the backends whose attempts end with this process. */
  readonly names: ReadonlySet<string>;
  inFlight(): number;
  containerHealth(): ComponentHealth;
  close(graceMs: number): Promise<void>;
}

/** Opens the backends of one machine; no process exists before there is work. */
export function openLocalBackends(
  options: Pick<HostOptions, "dataDirectory" | "store" | "lambdaTimeoutSeconds">,
  paths: HostPaths,
  deps: {
    readonly clock: Clock;
    readonly log: Log;
    readonly report: (reports: readonly AttemptReport[]) => void;
    /** Where the code of deployed functions is. */
    readonly packages: Pick<LocalPlatform, "open">;
  },
): LocalBackends {
  const { functionsRoot, runnerPath, containerPath } = paths;
  const executor = openLocalExecutor({
    ...deps,
    functionsRoot,
    runnerPath,
    timeoutSecondsMax: options.lambdaTimeoutSeconds,
  });
  const dataFolder = options.store === "memory" ? tmpdir() : options.dataDirectory;
  const containers = openLocalContainers({
    functionsRoot,
    containerPath,
    packagesFolder: join(dataFolder, "packages"),
    log: deps.log,
    report: deps.report,
  });
  const ownFolder = dirname(runnerPath);
  const functions = withPackages(executor, deps.packages, ownFolder);
  const all = [functions, containers].map(withHintsInMind);
  return {
    all,
    executor,
    containers,
    names: new Set(all.map(({ capabilities }) => capabilities.name)),
    inFlight: () => executor.inFlight() + containers.inFlight(),
    containerHealth: () => ({
      state: "ok",
      inFlight: containers.inFlight(),
      processes: containers.processes(),
    }),
    close: async (graceMs) => {
      await Promise.all([executor.close(graceMs), containers.close()]);
    },
  };
}

/**
 * The executor runs code of any folder: for a deployed function, that is where it was unpacked, and
 * for what the host runs for itself, its own folder.
 */
function withPackages(
  executor: LocalExecutor,
  packages: Pick<LocalPlatform, "open">,
  ownFolder: string,
): Backend {
  return {
    capabilities: executor.capabilities,
    async start(order) {
      const { function: target, package: deployed } = order.run;
      if (order.tenant === systemTenant && target !== undefined && "module" in target) {
        const { module, export: name } = target;
        return executor.start(order, { folder: ownFolder, module, export: name });
      }
      if (target !== undefined || deployed === undefined) return executor.start(order);
      const opened = await packages.open(order.tenant, deployed);
      return opened.outcome === "ready"
        ? executor.start(order, opened.code)
        : { outcome: "refused", error: opened.error };
    },
    stop: (attempt) => executor.stop(attempt),
    inspect: (attempt) => executor.inspect(attempt),
    price: (size, durationMs) => executor.price(size, durationMs),
  };
}

/**
 * A backend does not know attempts whose hint still waits in this process; to the decision they are
 * simply queued, and looking at them starts them.
 */
function withHintsInMind(backend: Backend): Backend {
  return {
    capabilities: backend.capabilities,
    start: (order) => backend.start(order),
    stop: (attempt) => backend.stop(attempt),
    price: (size, durationMs) => backend.price(size, durationMs),
    async inspect(attempt) {
      const sighting = await backend.inspect(attempt);
      return sighting === "unknown" ? "queued" : sighting;
    },
  };
}
