import { join } from "node:path";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { AttemptReport, Backend } from "../../shared/ports/backend.ts";
import type { Log } from "../../shared/ports/log.ts";
import { openLocalExecutor } from "../adapters/local/executor/local-executor.ts";
import { createApi } from "../api/app.ts";
import { recordReports } from "../complete/record-reports.ts";
import { lookAtInstances } from "../dispatch/look-at-instance.ts";
import { openDefinitions } from "../runtime/definitions.ts";
import type { RunningEngine } from "../runtime/engine.ts";
import { openIds, systemClock, systemRandom } from "../runtime/system-ports.ts";
import { keepTime } from "../timekeeper/keep-time.ts";
import { followFeed } from "./feed-follower.ts";
import { HintQueue } from "./hint-queue.ts";
import { InstanceWatch } from "./instance-watch.ts";
import { openHostStore } from "./open-store.ts";
import type { HostOptions } from "./options.ts";
import { type Recovered, recoverLostAttempts } from "./recover.ts";

export interface Host {
  readonly engine: RunningEngine;
  /** The HTTP application; the caller listens. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly recovered: Recovered;
  close(graceMs: number): Promise<void>;
}

/** Everyone on this machine is the one local administrator. */
export const localPrincipal: TenantContext = { tenant: "default", actor: "local", role: "admin" };

const tickMs = 60_000;
/** Work handed to the executor at once; more waits as hints, which cost far less memory. */
const inHandMax = 4_000;
/** Reports whose save failed are tried again; after that the wake decides. */
const reportTries = 5;

/** The whole control plane in one process: the same use cases as on AWS, over local adapters. */
export async function openHost(
  options: HostOptions,
  paths: { readonly functionsRoot: string; readonly runnerPath: string },
  log: Log,
): Promise<Host> {
  const clock = systemClock;
  const startedAtMs = clock.now();
  const hostStore = await openHostStore(options, log);
  const { store } = hostStore;
  const executor = openLocalExecutor({
    functionsRoot: paths.functionsRoot,
    runnerPath: paths.runnerPath,
    clock,
    log,
    pidFile: options.store === "memory" ? undefined : join(options.dataDirectory, "runners.json"),
    report: (reports) => void record(reports, 1),
  });
  const queue = new HintQueue({
    clock,
    room: () => inHandMax - executor.inFlight(),
    look: async (hints) => {
      for (const { hint, error } of await lookAtInstances(engine, hints)) {
        log.error("look failed; the wake comes back to it", {
          instanceId: hint.instanceId,
          cause: error instanceof Error ? error.message : String(error),
        });
      }
    },
  });
  const backend = withHintQueue(executor);
  const engine: RunningEngine = {
    store,
    clock,
    random: systemRandom,
    ids: openIds(),
    log,
    hints: queue,
    definitions: openDefinitions(store),
    backendFacts: [backend.capabilities],
    backends: new Map([[backend.capabilities.name, backend]]),
  };

  async function record(reports: readonly AttemptReport[], tries: number): Promise<void> {
    const recorded = await recordReports(engine, reports);
    queue.pump();
    const failed = recorded.filter(
      ({ result }) => result.outcome === "error" || result.outcome === "contended",
    );
    if (failed.length === 0) return;
    if (tries >= reportTries) {
      log.error("reports could not be saved; the wakes decide", { count: failed.length });
      return;
    }
    setTimeout(
      () =>
        void record(
          failed.map(({ report }) => report),
          tries + 1,
        ),
      100 * 2 ** tries,
    );
  }

  const watch = new InstanceWatch();
  const feed = await followFeed({
    store,
    clock,
    log,
    gatherMs: 50,
    events: { publish: async (events) => log.debug("state changes", { count: events.length }) },
    passed: hostStore.passed,
  });
  const unwatch = hostStore.watch((changes) => {
    watch.notify(changes);
    feed.wake();
  });
  const tick = setInterval(() => void keepTimeSafely(engine), tickMs);
  const recovered = await recoverLostAttempts(engine, backend.capabilities.name, startedAtMs);
  await keepTimeSafely(engine);
  feed.wake();
  const api = createApi({
    engine,
    watch,
    authenticate: () => localPrincipal,
    health: async () => ({
      store: { state: "ok", kind: options.store },
      executor: { state: "ok", inFlight: executor.inFlight(), ...queue.waiting },
    }),
    allowLoopbackOnly: true,
  });
  return {
    engine,
    fetch: (request) => api.fetch(request),
    recovered,
    async close(graceMs) {
      clearInterval(tick);
      queue.close();
      await executor.close(graceMs);
      unwatch();
      await feed.close();
      await hostStore.close();
    },
  };
}

/**
 * The executor does not know attempts whose hint still waits in this process; to the decision they
 * are simply queued, and looking at them starts them.
 */
function withHintQueue(executor: Backend): Backend {
  return {
    capabilities: executor.capabilities,
    start: (order) => executor.start(order),
    stop: (attempt) => executor.stop(attempt),
    async inspect(attempt) {
      const sighting = await executor.inspect(attempt);
      return sighting === "unknown" ? "queued" : sighting;
    },
  };
}

async function keepTimeSafely(engine: RunningEngine): Promise<void> {
  try {
    await keepTime(engine, limits.timekeeperHorizonMs);
  } catch (error) {
    engine.log.error("wakes could not be read; the next tick tries again", {
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}
