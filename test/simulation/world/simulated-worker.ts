import type { LeaseAnswer, WorkOrder } from "../../../shared/contract/http/work.ts";
import type { RandomStream } from "../engine/random-stream.ts";
import { AttemptCode } from "./attempt-code.ts";
import { planAttempt } from "./attempt-plan.ts";
import type { RunBook } from "./run-book.ts";
import type { WorkerProtocol } from "./worker-protocol.ts";
import type { World } from "./world.ts";

export interface SimulatedWorkerOptions {
  readonly tenant: string;
  readonly pool: string;
  readonly id: string;
  readonly slots: number;
  readonly protocol: WorkerProtocol;
  readonly runBook: RunBook;
}

const waitMs = 6_000;

/**
 * A worker's process: registers, asks for work, runs it, and asks again. It may be killed with all it
 * has and come back as a new process, or be cut off for a while and go on without knowing.
 */
export class SimulatedWorker {
  readonly #world: World;
  readonly #options: SimulatedWorkerOptions;
  readonly #random: RandomStream;
  readonly #running = new Map<string, AttemptCode>();
  /** By this process, ever. */
  readonly #begun = new Set<string>();
  #session = 1;
  #registered = false;
  #asking = false;
  #down = false;
  #cutOffUntilMs = 0;

  constructor(world: World, options: SimulatedWorkerOptions) {
    this.#world = world;
    this.#options = options;
    this.#random = world.random("worker", options.tenant, options.id);
  }

  get running(): number {
    return this.#running.size;
  }

  start(isOver: () => boolean): void {
    this.#planTroubles();
    this.#turn(isOver);
  }

  hears(tenant: string, pool: string): boolean {
    return tenant === this.#options.tenant && pool === this.#options.pool;
  }

  /** Something may wait: an idle worker asks at once. */
  ring(): void {
    this.#world.loop.after(20, `${this.#options.id} hears the bell`, () => this.#ask());
  }

  #turn(isOver: () => boolean): void {
    this.#world.loop.after(this.#random.int(waitMs / 2, waitMs), `${this.#options.id} asks`, () => {
      if (isOver()) return;
      this.#ask();
      this.#turn(isOver);
    });
  }

  #ask(): void {
    if (this.#asking || this.#down || this.#isCutOff()) return;
    this.#asking = true;
    if (this.#registered) this.#lease();
    else this.#register();
  }

  #register(): void {
    const { protocol, tenant, pool, id, slots } = this.#options;
    const session = this.#session;
    const registration = { slots, labels: {}, version: "sim", session: `session-${session}` };
    protocol.register(tenant, { name: pool, worker: id }, registration, (heard) => {
      if (session !== this.#session) return;
      this.#asking = false;
      this.#registered = heard.outcome === "answered";
    });
  }

  #lease(): void {
    const { protocol, tenant, pool, id, slots } = this.#options;
    const session = this.#session;
    const busy = this.#running.size;
    const request = {
      worker: id,
      slots: Math.max(0, slots - busy),
      busy,
      waitSeconds: 0,
      holding: [...this.#running.keys()],
    };
    protocol.lease(tenant, pool, request, (heard) => {
      if (session !== this.#session) return;
      this.#asking = false;
      if (heard.outcome === "refused" && heard.code === "worker_not_found")
        this.#registered = false;
      if (heard.outcome === "answered") this.#take(heard.answer);
    });
  }

  #take({ items }: LeaseAnswer): void {
    for (const order of items) {
      // Known from before, although its end found nobody: it is not run twice.
      if (this.#begun.has(order.attemptId)) continue;
      this.#begun.add(order.attemptId);
      this.#run(order);
    }
  }

  #run(order: WorkOrder): void {
    const { tenant, id, protocol, runBook } = this.#options;
    const { attemptId, attempt, timeoutMs } = order;
    const input = order.envelope.inputs;
    const planned = { attempt, timeoutMs, ...(input === undefined ? {} : { input }) };
    const takesRunner = this.#random.chance(0.3);
    const code = new AttemptCode(this.#world, {
      tenant,
      order,
      plan: planAttempt(this.#world, planned, 1),
      protocol,
      cutOff: () => this.#isCutOff(),
      survivedByRunner: !takesRunner,
      begun: (atMs) => runBook.begin(attemptId, `${tenant} ${id}`, atMs),
      ended: (end) => {
        this.#running.delete(attemptId);
        if (end === "silent" || end === "unheard") {
          runBook.fallSilent(attemptId, this.#world.wallMs());
        }
        // What takes its runner with it takes all that runs there.
        if (end === "silent") this.#die();
      },
    });
    this.#running.set(attemptId, code);
    code.begin();
  }

  #planTroubles(): void {
    const { faults, loop, config } = this.#world;
    const sometime = (): number => this.#random.int(0, config.faultMinutes * 60_000);
    for (let count = 0; count < faults.timesPlanned("workerKilled"); count++) {
      loop.after(sometime(), `${this.#options.id} is killed`, () => {
        faults.note("workerKilled");
        this.#world.saw("worker killed");
        this.#die();
      });
    }
    for (let count = 0; count < faults.timesPlanned("workerCutOff"); count++) {
      loop.after(sometime(), `${this.#options.id} is cut off`, () => {
        faults.note("workerCutOff");
        this.#world.saw("worker cut off");
        this.#cutOffUntilMs = this.#world.wallMs() + this.#random.int(5_000, 150_000);
      });
    }
  }

  #die(): void {
    if (this.#down) return;
    this.#down = true;
    this.#session += 1;
    this.#registered = false;
    this.#asking = false;
    for (const code of [...this.#running.values()]) code.kill();
    this.#running.clear();
    this.#begun.clear();
    // Back at once, or after a while, or when nobody reckons with it any more.
    const awayMs = this.#random.pick([
      this.#random.int(200, 4_000),
      this.#random.int(1_000, 90_000),
      20 * 60_000,
    ]);
    this.#world.loop.after(awayMs, `${this.#options.id} comes back`, () => {
      this.#down = false;
    });
  }

  #isCutOff(): boolean {
    return !this.#world.faults.healed && this.#world.wallMs() < this.#cutOffUntilMs;
  }
}
