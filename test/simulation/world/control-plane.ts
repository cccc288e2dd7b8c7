import { lookAtInstances } from "../../../functions/dispatch/look-at-instance.ts";
import { recordReports } from "../../../functions/reports/record-reports.ts";
import type { RunningEngine } from "../../../functions/runtime/engine.ts";
import { keepTime } from "../../../functions/timekeeper/keep-time.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import type { AttemptReport, BackendCapabilities } from "../../../shared/ports/backend.ts";
import type { Hint } from "../../../shared/ports/hints.ts";
import { backendFacts } from "../../fixtures/backend-facts.ts";
import type { Ending } from "./environment.ts";
import { FaultyStores } from "./faulty-store.ts";
import { FunctionHost } from "./function-host.ts";
import { MessageQueue } from "./message-queue.ts";
import { engineFor, type Surroundings, type WorldBackend } from "./ports.ts";
import { RunBook } from "./run-book.ts";
import { SimulatedBackend } from "./simulated-backend.ts";
import { SimulatedContainers } from "./simulated-containers.ts";
import { SimulatedWorker } from "./simulated-worker.ts";
import { type ArrivalWatch, TimePlane } from "./time-plane.ts";
import { WorkerProtocol } from "./worker-protocol.ts";
import { poolName, tenants } from "./workload.ts";
import type { World } from "./world.ts";

const lambdaLike: BackendCapabilities = backendFacts({
  name: "lambda",
  type: "serverless",
  targets: ["lambda"],
  timeoutSecondsMax: 900,
  memoryMbMax: 10_240,
  inputBytesMax: 936_000,
  startIsIdempotent: false,
  reportsStart: false,
});

const executorLike: BackendCapabilities = backendFacts({
  name: "executor",
  type: "traditional",
  targets: ["function"],
  timeoutSecondsMax: 86_400,
  memoryMbMax: 64_000,
  inputBytesMax: 1_000_000,
  startIsIdempotent: true,
  reportsStart: true,
});

const fargateLike: BackendCapabilities = backendFacts({
  name: "fargate",
  kind: "fargate",
  type: "traditional",
  targets: ["function"],
  timeoutSecondsMax: 86_400,
  memoryMbMax: 249_856,
  sizeIsPerAttempt: true,
  startMsTypical: 30_000,
  pricing: { model: "fargate", architecture: "arm64", spot: true },
  handOverMs: 180_000,
  leaseSeconds: 24,
});

/** What the checks want to hear about messages. */
export interface MessageWatch {
  hinted(hint: Hint): void;
  acknowledgedReport(report: AttemptReport): void;
  refusedReport(report: AttemptReport): void;
}

/** The functions of the control plane with their queues, ticks and backends, running for real. */
export class ControlPlane {
  readonly around: Surroundings;
  readonly hintQueue: MessageQueue<Hint>;
  readonly reportQueue: MessageQueue<AttemptReport>;
  readonly backends: readonly WorldBackend[];
  readonly runBook: RunBook;
  readonly time: TimePlane;
  readonly #world: World;
  readonly #work: WorkerProtocol;
  readonly #workers: readonly SimulatedWorker[];
  readonly #dispatch: FunctionHost<RunningEngine>;
  readonly #complete: FunctionHost<RunningEngine>;
  readonly #timekeeper: FunctionHost<RunningEngine>;

  constructor(world: World, watch: MessageWatch & ArrivalWatch) {
    this.#world = world;
    const { concurrency, executorReportsStart, executorQueuesUnknown } = world.config;
    this.hintQueue = new MessageQueue<Hint>(world, {
      name: "hint",
      batchMax: 10,
      concurrency,
      deliver: (batch, settle, died) => {
        for (const hint of batch) watch.hinted(hint);
        this.#lookAt(batch, settle, died);
      },
    });
    this.reportQueue = new MessageQueue<AttemptReport>(world, {
      name: "report",
      batchMax: 10,
      concurrency,
      deliver: (batch, settle, died) => this.#record(batch, watch, settle, died),
      deleted: (report) => watch.acknowledgedReport(report),
    });
    const runBook = new RunBook(world);
    this.runBook = runBook;
    const report = (sent: AttemptReport): void => this.#carry(sent);
    this.backends = [
      new SimulatedBackend(world, {
        capabilities: lambdaLike,
        knowsAttempts: false,
        unheardOf: "unknown",
        report,
        runBook,
      }),
      new SimulatedBackend(world, {
        capabilities: { ...executorLike, reportsStart: executorReportsStart },
        knowsAttempts: true,
        unheardOf: executorQueuesUnknown ? "queued" : "unknown",
        report,
        runBook,
      }),
      new SimulatedContainers(world, {
        capabilities: fargateLike,
        protocol: () => this.#work,
        report,
        runBook,
      }),
    ];
    const stores = new FaultyStores(world);
    this.around = {
      world,
      stores,
      hintQueue: this.hintQueue,
      backends: this.backends,
      tell: (hint, delayMs) => this.time.tell(hint, delayMs),
      ring: (tenant, pool) => this.#ring(tenant, pool),
    };
    this.time = new TimePlane(this.around, watch);
    this.#work = new WorkerProtocol(this.around);
    this.#workers = workersOf(world, this.#work, runBook);
    const host = (name: string, timeoutMs: number) =>
      new FunctionHost(world, name, timeoutMs, (environment) =>
        engineFor(this.around, environment),
      );
    this.#dispatch = host("dispatch", 60_000);
    this.#complete = host("complete", 60_000);
    this.#timekeeper = host("timekeeper", 55_000);
  }

  /** True when no message is left, nobody works and no attempt runs. */
  get isIdle(): boolean {
    return (
      this.hintQueue.size === 0 &&
      this.reportQueue.size === 0 &&
      this.time.isIdle &&
      this.#dispatch.working + this.#complete.working + this.#timekeeper.working === 0 &&
      this.#workers.every(({ running }) => running === 0) &&
      this.backends.every(({ running }) => running === 0)
    );
  }

  /** Workers come and ask for work. */
  startWorkers(isOver: () => boolean): void {
    for (const worker of this.#workers) worker.start(isOver);
  }

  #ring(tenant: string, pool: string): void {
    for (const worker of this.#workers) if (worker.hears(tenant, pool)) worker.ring();
  }

  /** One tick a minute, as EventBridge Scheduler does: late, doubled or left out. */
  startTicking(isOver: () => boolean): void {
    const { loop, faults } = this.#world;
    const random = this.#world.random("ticks");
    const tick = (): void => {
      if (isOver()) return;
      loop.after(60_000, "minute", tick);
      if (faults.strikes("tickMissed")) return;
      this.#keepTime();
      if (!faults.strikes("tickDoubled")) return;
      this.#world.saw("two timekeepers at once");
      loop.after(random.int(0, 200), "second timekeeper", () => this.#keepTime());
    };
    loop.after(random.int(0, 60_000), "minute", tick);
  }

  #keepTime(): void {
    this.#timekeeper.invoke(
      undefined,
      (engine) => keepTime(engine),
      (ending) => {
        this.#expectFaultsOnly("timekeeper", ending);
        if (ending.outcome !== "returned") return;
        if (ending.value.overdue > 0) this.#world.saw("wake found by the timekeeper");
      },
    );
  }

  #lookAt(
    batch: readonly Hint[],
    settle: (failed: ReadonlySet<number>) => void,
    died: () => void,
  ): void {
    this.#dispatch.invoke(
      batch,
      (engine) => lookAtInstances(engine, batch),
      (ending) => {
        this.#expectFaultsOnly("dispatch", ending);
        if (ending.outcome !== "returned") return died();
        for (const { error } of ending.value) this.#expectFault("dispatch", error);
        const failed = new Set(ending.value.map(({ hint }) => hint));
        settle(new Set(batch.flatMap((hint, place) => (failed.has(hint) ? [place] : []))));
      },
    );
  }

  #record(
    batch: readonly AttemptReport[],
    watch: MessageWatch,
    settle: (failed: ReadonlySet<number>) => void,
    died: () => void,
  ): void {
    this.#complete.invoke(
      batch,
      (engine) => recordReports(engine, batch),
      (ending) => {
        this.#expectFaultsOnly("complete", ending);
        if (ending.outcome !== "returned") return died();
        const failed = new Set<number>();
        // By place: a report that came twice may lie twice in one batch.
        for (const [place, { report, result }] of ending.value.entries()) {
          if (result.outcome === "error") this.#expectFault("complete", result.error);
          if (result.outcome === "rejected") watch.refusedReport(report);
          // As the handlers do: a report that lost every race has not been heard yet.
          if (result.outcome === "error" || result.outcome === "contended") {
            failed.add(place);
          }
        }
        settle(failed);
      },
    );
  }

  /** Brings what a backend says to the completion queue, as unreliably as the world does. */
  #carry(report: AttemptReport): void {
    const { faults } = this.#world;
    const random = this.#world.random("carry", this.#world.serial());
    if (faults.strikes("reportLost")) return;
    if (report.kind === "started" && faults.strikes("startReportLost")) return;
    if (faults.strikes("reportForged")) {
      const forged =
        report.token === undefined ? { tokenFingerprint: "forged" } : { token: "forged" };
      this.reportQueue.send({ ...report, ...forged }, random.int(1, 2_000));
    }
    const lateMs = faults.strikes("reportLate") ? random.int(1_000, 400_000) : 0;
    this.reportQueue.send(report, random.int(1, 60) + lateMs);
    if (!faults.strikes("reportDoubled")) return;
    this.#world.saw("report doubled");
    this.reportQueue.send(report, random.int(0, 150_000));
  }

  #expectFaultsOnly(where: string, ending: Ending<unknown>): void {
    if (ending.outcome === "threw") this.#expectFault(where, ending.error);
  }

  /** Faults of the world are injected as TransientError; anything else is a bug of ours. */
  #expectFault(where: string, error: unknown): void {
    if (error instanceof TransientError) return;
    this.#world.violate("no bug surfaces", `${where} threw ${String(error)}`);
  }
}

/** Two workers for each tenant's pool, one of them with room for several attempts. */
function workersOf(world: World, protocol: WorkerProtocol, runBook: RunBook) {
  return tenants.flatMap((tenant) =>
    [1, 2].map(
      (number) =>
        new SimulatedWorker(world, {
          tenant,
          pool: poolName,
          id: `worker-${number}`,
          slots: number === 1 ? 1 : 3,
          protocol,
          runBook,
        }),
    ),
  );
}
