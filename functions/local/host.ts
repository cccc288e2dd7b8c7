import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import { fcAdapters } from "../adapters/alicloud/fc-adapter.ts";
import { openHolidays } from "../adapters/holidays.ts";
import { createApi } from "../api/app.ts";
import { lookAtInstances } from "../dispatch/look-at-instance.ts";
import { openPoolBackend } from "../pools/pool-backend.ts";
import { reportNow } from "../reports/report-now.ts";
import { type AdapterRegistry, openAdapters } from "../runtime/adapter-registry.ts";
import { openDefinitions } from "../runtime/definitions.ts";
import type { RunningEngine } from "../runtime/engine.ts";
import { openGateSource } from "../runtime/gate-source.ts";
import { Lines } from "../runtime/lines.ts";
import { openRoutingSource } from "../runtime/routing-source.ts";
import { openIds, systemClock, systemRandom } from "../runtime/system-ports.ts";
import { openTriggerSource } from "../runtime/trigger-source.ts";
import { Turns } from "../runtime/turns.ts";
import { keepTime } from "../timekeeper/keep-time.ts";
import { openAttemptRecorder } from "./attempt-recorder.ts";
import { openLocalBus } from "./events.ts";
import { followFeed } from "./feed-follower.ts";
import { gateLooks } from "./gates.ts";
import { HintQueue } from "./hint-queue.ts";
import { type HostDeployments, openHostDeployments } from "./host-deployments.ts";
import { type HostPayloads, openHostPayloads } from "./host-payloads.ts";
import { InstanceWatch } from "./instance-watch.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { type HostPaths, openLocalBackends } from "./local-backends.ts";
import { type HostStore, openHostStore } from "./open-store.ts";
import type { HostOptions } from "./options.ts";
import { PoolBells } from "./pool-bells.ts";
import { type RecordLooks, RecordQueue } from "./record-queue.ts";
import { type Recovered, recoverLostAttempts } from "./recover.ts";
import { scheduleLooks } from "./schedules.ts";
import { openHostWatch } from "./watch.ts";
import { openHostWebhooks } from "./webhooks.ts";

export interface Host {
  readonly engine: RunningEngine;
  /** The HTTP application; the caller listens. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly recovered: Recovered;
  /** Where `fetch` is served: containers speak to it, and wait until it is known. */
  listensAt(url: string): void;
  close(graceMs: number): Promise<void>;
}

/** Everyone on this machine is the one local administrator. */
export const localPrincipal: TenantContext = { tenant: "default", actor: "local", role: "admin" };

const tickMs = 60_000;
const feedGatherMs = 50;
const expiredPerTickMax = 10_000;
/** Work handed to the executor at once; more waits as hints, which cost far less memory. */
const inHandMax = 4_000;

/** The whole control plane in one process: the same use cases as on AWS, over local adapters. */
export async function openHost(options: HostOptions, paths: HostPaths, log: Log): Promise<Host> {
  const startedAtMs = systemClock.now();
  const hostStore = await openHostStore(options, log);
  const bells = new PoolBells();
  const kept = await openHostPayloads(options, { clock: systemClock, ids: openIds(), log });
  const adapters = await openAdapters(
    fcAdapters(process.env.ALICLOUD_FC_CONFIG, {
      variables: process.env,
      report: (report) => reportNow(engine, report),
    }),
    log,
  );
  const deployments = openHostDeployments(options, {
    store: hostStore.store,
    payloads: kept.payloads,
    clock: systemClock,
    ids: openIds(),
    log,
    runnerPath: paths.runnerPath,
    otherPlatforms: adapters.platforms,
  });
  const { deployer } = deployments;
  const settings = { options, paths, log, payloads: kept.payloads, deployments, adapters };
  const composed = composeEngine(hostStore, settings, bells);
  const { engine, local, queue, records, webhooks } = composed;
  const watch = new InstanceWatch();
  const leases = new LeaseWatch(queue);
  const feed = await openFeed(hostStore, composed);
  const unwatch = hostStore.watch((changes) => {
    watch.notify(changes);
    leases.notify(changes);
    bells.notify(changes);
    kept.notify(changes);
    feed.wake();
  });
  const overseer = openHostWatch(engine, options);
  const ticking = { ...engine, deployer };
  const tick = setInterval(() => void onTick(ticking, hostStore, kept), tickMs);
  const recovered = await recoverLostAttempts(engine, local.names, startedAtMs);
  await onTick(ticking, hostStore, kept);
  feed.wake();
  const api = createApi({
    engine,
    watch,
    pools: { lines: bells },
    payloadDoor: kept.payloads,
    webhooks: webhooks.ports,
    deployer,
    authenticate: () => localPrincipal,
    health: async () => ({
      store: { state: "ok", kind: options.store },
      executor: { state: "ok", inFlight: local.executor.inFlight(), ...queue.waiting },
      containers: local.containerHealth(),
      ...adapters.health,
      watch: await overseer.health(),
    }),
    allowLoopbackOnly: true,
  });
  return {
    engine,
    fetch: (request) => api.fetch(request),
    recovered,
    listensAt(url) {
      kept.listensAt(url);
      local.containers.listensAt(url);
    },
    async close(graceMs) {
      clearInterval(tick);
      await overseer.close();
      bells.close();
      queue.close();
      records.close();
      await Promise.all([webhooks.close(), local.close(graceMs)]);
      await deployments.close();
      unwatch();
      await feed.close();
      await hostStore.close();
    },
  };
}

interface HostSettings {
  readonly options: HostOptions;
  readonly paths: HostPaths;
  readonly log: Log;
  readonly payloads: Payloads;
  readonly deployments: HostDeployments;
  readonly adapters: AdapterRegistry;
}

function composeEngine(
  hostStore: HostStore,
  { options, paths, log, payloads, deployments, adapters }: HostSettings,
  doorbells: PoolBells,
) {
  const clock = systemClock;
  const { store } = hostStore;
  let report: (reports: readonly AttemptReport[]) => void = () => undefined;
  const local = openLocalBackends(options, paths, {
    clock,
    log,
    report: (reports) => report(reports),
    packages: deployments.platform,
  });
  const queue = new HintQueue({
    clock,
    room: () => inHandMax - local.inFlight(),
    look: (hints) => look(engine, hints),
  });
  const webhooks = openHostWebhooks(options, () => engine);
  const bus = openLocalBus(() => engine);
  const recordLooks: RecordLooks = {
    ...scheduleLooks(() => engine),
    ...gateLooks(() => engine),
    ...webhooks.looks,
  };
  const records = new RecordQueue(clock, log, () => recordLooks);
  const backends = [...local.all, ...adapters.backends];
  const engine: RunningEngine = {
    store,
    clock,
    random: systemRandom,
    ids: openIds(),
    log,
    hints: queue,
    recordHints: records,
    holidays: openHolidays(),
    definitions: openDefinitions(store),
    payloads,
    gates: openGateSource({ store, clock }),
    triggers: openTriggerSource({ store, clock, log }),
    announcements: bus,
    lines: new Lines(),
    turns: new Turns(),
    routing: openRoutingSource({
      store,
      clock,
      fixedBackends: backends.map(({ capabilities }) => capabilities),
    }),
    backends: new Map(backends.map((backend) => [backend.capabilities.name, backend])),
    pools: openPoolBackend({ store, clock, log, doorbells }),
  };
  report = openAttemptRecorder(engine, () => queue.pump());
  return { engine, local, queue, records, webhooks, bus };
}

async function look(engine: RunningEngine, hints: readonly Hint[]): Promise<void> {
  for (const { hint, error } of await lookAtInstances(engine, hints)) {
    engine.log.error("look failed; the wake comes back to it", {
      instanceId: hint.instanceId,
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}

function openFeed(
  { store, passed }: HostStore,
  { engine, webhooks, bus }: ReturnType<typeof composeEngine>,
) {
  return followFeed({
    store,
    clock: engine.clock,
    log: engine.log,
    recordHints: engine.recordHints,
    gatherMs: feedGatherMs,
    events: bus,
    deliver: (changes) => webhooks.plan(engine, changes),
    passed,
  });
}

/** What on AWS the minute tick and the table's time to live do. */
async function onTick(
  engine: RunningEngine & { readonly deployer: Deployer },
  hostStore: HostStore,
  kept: HostPayloads,
): Promise<void> {
  try {
    await keepTime(engine, limits.timekeeperHorizonMs);
    const deleted = await hostStore.deleteExpired(engine.clock.now(), expiredPerTickMax);
    if (deleted > 0) engine.log.info("records past their keeping time deleted", { deleted });
    await kept.sweep();
  } catch (error) {
    engine.log.error("tick failed; the next one tries again", {
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}
