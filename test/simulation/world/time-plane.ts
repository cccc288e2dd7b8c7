import { arrivalReader } from "../../../functions/intake/arrival.ts";
import { takeArrivals } from "../../../functions/intake/take-arrivals.ts";
import {
  type MirrorDeps,
  type MirroredRecord,
  mirrorRecords,
} from "../../../functions/mirror/mirror-record.ts";
import type { RunningEngine } from "../../../functions/runtime/engine.ts";
import { InvariantError, TerminalError, TransientError } from "../../../shared/core/errors.ts";
import type { RecordHint } from "../../../shared/ports/record-hints.ts";
import type { Environment } from "./environment.ts";
import { FunctionHost } from "./function-host.ts";
import { MessageQueue } from "./message-queue.ts";
import { engineFor, logFor, type Surroundings } from "./ports.ts";
import { SchedulerService } from "./scheduler-service.ts";
import { tenants } from "./workload.ts";
import type { World } from "./world.ts";

/** What the checks want to hear about the messages of the intake queue. */
export interface ArrivalWatch {
  arrived(body: string): void;
  /** It was processed and deleted. */
  taken(body: string): void;
}

/** The intake and the mirror with their queues, and the service outside that fires schedules. */
export class TimePlane {
  readonly intakeQueue: MessageQueue<string>;
  readonly mirrorQueue: MessageQueue<MirroredRecord>;
  readonly scheduler: SchedulerService;
  readonly #world: World;
  readonly #intake: FunctionHost<RunningEngine>;
  readonly #mirror: FunctionHost<MirrorDeps>;

  constructor(around: Surroundings, watch: ArrivalWatch) {
    const { world } = around;
    this.#world = world;
    const { concurrency } = world.config;
    this.intakeQueue = new MessageQueue<string>(world, {
      name: "intake",
      batchMax: 10,
      concurrency,
      deliver: (batch, settle, died) => {
        for (const body of batch) watch.arrived(body);
        this.#take(batch, settle, died);
      },
      deleted: (body) => watch.taken(body),
    });
    this.mirrorQueue = new MessageQueue<MirroredRecord>(world, {
      name: "mirror",
      batchMax: 3,
      concurrency,
      deliver: (batch, settle, died) => this.#reflect(batch, settle, died),
    });
    this.scheduler = new SchedulerService(world, (body) => this.intakeQueue.send(body, 0));
    this.#intake = new FunctionHost(world, "intake", 60_000, (environment) =>
      engineFor(around, environment),
    );
    this.#mirror = new FunctionHost(world, "mirror", 60_000, (environment) =>
      this.#mirrorDeps(around, environment),
    );
  }

  /** True when no message is left and nobody works. */
  get isIdle(): boolean {
    return (
      this.intakeQueue.size + this.mirrorQueue.size + this.scheduler.underway === 0 &&
      this.#intake.working + this.#mirror.working === 0
    );
  }

  /** Brings a hint to whoever looks at such records. */
  tell(hint: RecordHint, delayMs: number): void {
    if (hint.kind === "mirror") this.mirrorQueue.send(hint, delayMs);
    else if (hint.kind !== "delivery") {
      const { notBeforeMs: _, ...message } = hint;
      this.intakeQueue.send(JSON.stringify(message), delayMs);
    }
  }

  #mirrorDeps({ world, stores }: Surroundings, environment: Environment): MirrorDeps {
    return {
      store: stores.openFor(environment),
      clock: environment.clock,
      log: logFor(world),
      mirrors: {
        schedule: this.scheduler.openFor(environment),
        trigger: {
          reconcile: () => Promise.resolve({ outcome: "same" }),
          page: () => Promise.resolve({ items: [], foreign: [] }),
        },
      },
    };
  }

  #take(
    batch: readonly string[],
    settle: (failed: ReadonlySet<number>) => void,
    died: () => void,
  ): void {
    this.#intake.invoke(
      batch,
      async (engine) => {
        const read = arrivalReader(engine, tenants[0]);
        const arrivals = batch.map((body) => {
          const reading = read(body);
          if (reading.outcome === "read") return reading.value;
          throw new InvariantError("the intake reads everything as an arrival");
        });
        const failures = await takeArrivals(engine, arrivals);
        return arrivals.map((arrival) => failures.get(arrival));
      },
      (ending) => {
        if (ending.outcome === "threw") this.#expectFault("intake", ending.error);
        if (ending.outcome !== "returned") return died();
        const failed = new Set<number>();
        for (const [place, error] of ending.value.entries()) {
          if (error === undefined) continue;
          failed.add(place);
          // What somebody brought back from the dead letters is cut short.
          const isCut = batch[place]?.endsWith("}") === false;
          if (!(isCut && error instanceof TerminalError)) this.#expectFault("intake", error);
          else this.#world.saw("unreadable message refused");
        }
        settle(failed);
      },
    );
  }

  /** As Lambda does with calls that nobody waits for: it repeats those that throw. */
  #reflect(
    batch: readonly MirroredRecord[],
    settle: (failed: ReadonlySet<number>) => void,
    died: () => void,
  ): void {
    this.#mirror.invoke(
      batch,
      (deps) => mirrorRecords(deps, batch),
      (ending) => {
        if (ending.outcome === "threw") this.#expectFault("mirror", ending.error);
        if (ending.outcome === "returned") settle(new Set());
        else died();
      },
    );
  }

  /** Faults of the world are injected as TransientError; anything else is a bug of ours. */
  #expectFault(where: string, error: unknown): void {
    if (error instanceof TransientError) return;
    this.#world.violate("no bug surfaces", `${where} threw ${String(error)}`);
  }
}
