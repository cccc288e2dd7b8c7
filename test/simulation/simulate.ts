import { BackfillChecks } from "./checks/backfill-checks.ts";
import { CommitChecks } from "./checks/commit-checks.ts";
import { checkEnd } from "./checks/end-checks.ts";
import { EventChecks } from "./checks/event-checks.ts";
import { Ledger } from "./checks/ledger.ts";
import { ScheduleChecks } from "./checks/schedule-checks.ts";
import { ApiCaller } from "./world/api-caller.ts";
import { Clients } from "./world/clients.ts";
import { type ConfigOverrides, configOf, type SimulationConfig } from "./world/config.ts";
import { ControlPlane } from "./world/control-plane.ts";
import { EventClients } from "./world/event-clients.ts";
import type { FaultName } from "./world/faults.ts";
import { FeedPoller } from "./world/feed-poller.ts";
import { ScheduleClients } from "./world/schedule-clients.ts";
import { SimulatedBus } from "./world/simulated-bus.ts";
import type { SometimesName } from "./world/sometimes.ts";
import { type Violation, World } from "./world/world.ts";

export interface SimulationResult {
  readonly config: SimulationConfig;
  readonly violation: Violation | undefined;
  /** Equal for equal runs, and only for those. */
  readonly digest: string;
  readonly events: number;
  readonly instances: number;
  readonly virtualMs: number;
  readonly sometimes: ReadonlyMap<SometimesName, number>;
  readonly faults: ReadonlyMap<FaultName, number>;
  /** Port calls per function. */
  readonly calls: ReadonlyMap<string, number>;
  readonly trace: readonly string[];
}

/** After healing everything must come to rest within this much virtual time. */
const restMs = 90 * 60_000;

/** One run: a time of faults, healing, rest, and the last checks. Never throws for a broken invariant. */
export async function simulate(
  seed: number,
  overrides: ConfigOverrides = {},
  keepTrace = false,
): Promise<SimulationResult> {
  const config = configOf(seed, overrides);
  const world = new World(config, keepTrace);
  const controlPlane = new ControlPlane(world, {
    hinted: (hint) => ledger.hinted(hint),
    acknowledgedReport: (report) => ledger.acknowledgedReport(report),
    refusedReport: (report) => ledger.refusedReport(report),
    arrived: (body) => schedules.arrived(body),
    taken: (body) => events.taken(body),
  });
  const commits = new CommitChecks(world, controlPlane.around.stores);
  const ledger = new Ledger(world, commits);
  const backfills = new BackfillChecks(world, commits);
  const schedules = new ScheduleChecks(world, controlPlane.around.stores, commits, backfills);
  const api = new ApiCaller(controlPlane.around);
  const clients = new Clients(world, api, ledger);
  const schedulers = new ScheduleClients(world, api, schedules);
  const events = new EventChecks(world);
  const bus = new SimulatedBus(world, ledger, (body) =>
    controlPlane.time.intakeQueue.send(body, 0),
  );
  const senders = new EventClients(world, api, bus, events);
  const feed = new FeedPoller(controlPlane.around, bus);
  const { loop } = world;
  const broken = (): boolean => world.violation !== undefined;
  const quiet = (): boolean =>
    commits.open === 0 &&
    api.open === 0 &&
    controlPlane.isIdle &&
    feed.isIdle &&
    bus.underway === 0 &&
    schedules.isQuiet;

  clients.defineTasks();
  await loop.run(restMs, () => broken() || api.open === 0);
  senders.defineTriggers();
  await loop.run(restMs, () => broken() || api.open === 0);
  const faultsEndMs = loop.nowMs + config.faultMinutes * 60_000;
  let over = false;
  controlPlane.startTicking(() => over);
  controlPlane.startWorkers(() => over);
  clients.start();
  schedulers.start();
  senders.start();
  await loop.run(faultsEndMs, broken);
  if (config.changingZone !== undefined) world.saw("clocks of a zone changed");
  world.faults.heal();
  clients.healed();
  schedules.healed();
  schedulers.cleanUp();
  const healedAtMs = world.wallMs();
  await loop.run(loop.nowMs + restMs, () => broken() || quiet());
  over = true;
  if (!broken()) checkEnd({ world, controlPlane, commits, ledger, quiet: quiet(), healedAtMs });
  return {
    config,
    violation: world.violation,
    digest: world.trace.digest(),
    events: loop.fired,
    instances: commits.instances.size,
    virtualMs: loop.nowMs,
    sometimes: world.sometimes,
    faults: world.faults.happened,
    calls: world.calls,
    trace: world.trace.lines ?? [],
  };
}
