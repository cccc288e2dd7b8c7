import { TransientError } from "../../../shared/core/errors.ts";
import type { AttemptError } from "../../../shared/instance/instance.ts";
import type {
  AttemptOrder,
  AttemptRef,
  AttemptReport,
  AttemptSighting,
  Backend,
  BackendCapabilities,
  StartOutcome,
} from "../../../shared/ports/backend.ts";
import { type PriceEstimate, priceRun } from "../../../shared/pricing/price-run.ts";
import type { RunSize } from "../../../shared/pricing/pricing.ts";
import type { RandomStream } from "../engine/random-stream.ts";
import { planAttempt } from "./attempt-plan.ts";
import type { RunBook } from "./run-book.ts";
import { SimulatedRun } from "./simulated-run.ts";
import type { World } from "./world.ts";

export interface SimulatedBackendOptions {
  readonly capabilities: BackendCapabilities;
  /** Whether it knows its attempts when asked; otherwise it says "unknown" and cannot stop them. */
  readonly knowsAttempts: boolean;
  /** What it says of an attempt it never heard of. */
  readonly unheardOf: AttemptSighting;
  readonly report: (report: AttemptReport) => void;
  readonly runBook: RunBook;
}

/** Where simulated attempts run. Two of them: one behaves like Lambda, one like the local executor. */
export class SimulatedBackend implements Backend {
  readonly capabilities: BackendCapabilities;
  /** Start calls that arrived, and stop calls, per attempt. */
  readonly starts = new Map<string, number>();
  readonly stops = new Set<string>();
  running = 0;
  readonly #world: World;
  readonly #options: SimulatedBackendOptions;
  readonly #random: RandomStream;
  readonly #runs = new Map<string, SimulatedRun>();

  constructor(world: World, options: SimulatedBackendOptions) {
    this.#world = world;
    this.#options = options;
    this.capabilities = options.capabilities;
    this.#random = world.random("backend", options.capabilities.name);
    if (options.knowsAttempts) this.#planRestarts();
  }

  price(size: RunSize, durationMs: number): PriceEstimate {
    return priceRun(this.capabilities.pricing, size, durationMs);
  }

  async start(order: AttemptOrder): Promise<StartOutcome> {
    const { faults } = this.#world;
    const { startIsIdempotent, name } = this.capabilities;
    const starts = (this.starts.get(order.attemptId) ?? 0) + 1;
    this.starts.set(order.attemptId, starts);
    if (starts > 1) {
      this.#world.saw("same attempt started twice");
      if (!startIsIdempotent) {
        const detail = `${name} was asked ${starts} times to start attempt ${order.attemptId}`;
        this.#world.violate("I21 external execution", detail);
      }
    }
    if (startIsIdempotent && this.#runs.has(order.attemptId)) return { outcome: "accepted" };
    if (faults.strikes("startRefused")) {
      this.#world.saw("backend refused");
      return { outcome: "refused", error: this.#refusal() };
    }
    const unclear = faults.strikes("startUnknown");
    if (!unclear || this.#random.chance(0.5)) this.#run(order);
    else if (!startIsIdempotent) this.#world.saw("start lost after its confirmation");
    if (unclear && this.#random.chance(0.5)) throw new TransientError("the start was not answered");
    return unclear
      ? { outcome: "unknown", error: { class: "backend_fault", message: "no answer" } }
      : { outcome: "accepted", externalId: `run-of-${order.attemptId}` };
  }

  async stop({ attemptId }: AttemptRef): Promise<void> {
    this.stops.add(attemptId);
    if (this.#options.knowsAttempts) this.#runs.get(attemptId)?.stop();
  }

  async inspect({ attemptId }: AttemptRef): Promise<AttemptSighting> {
    if (!this.#options.knowsAttempts) return "unknown";
    const sighting = this.#runs.get(attemptId)?.place ?? this.#options.unheardOf;
    if (sighting === "queued") this.#world.saw("attempt still queued when its hand-over wake came");
    return sighting;
  }

  #refusal(): AttemptError {
    const errorClass = this.#random.pick(["throttled", "no_capacity", "backend_fault"] as const);
    return { class: errorClass, message: "not now" };
  }

  #run(order: AttemptOrder): void {
    this.#begin(order, 1);
    if (!this.#options.knowsAttempts && this.#world.faults.strikes("startedTwice")) {
      this.#world.loop.after(this.#random.int(0, 90_000), `second run of ${order.attemptId}`, () =>
        this.#begin(order, 2),
      );
    }
  }

  #begin(order: AttemptOrder, number: number): void {
    this.running += 1;
    const run = new SimulatedRun(this.#world, {
      order,
      plan: planAttempt(this.#world, order, number),
      backend: this.capabilities,
      queues: this.#options.knowsAttempts,
      report: this.#options.report,
      begun: (atMs) => {
        this.#options.runBook.note(order.attemptId, atMs);
      },
      ended: () => {
        this.running -= 1;
      },
    });
    this.#runs.set(order.attemptId, run);
    run.begin();
  }

  /** A restart ends every run without a word and forgets them all. */
  #planRestarts(): void {
    const { faults, loop, config } = this.#world;
    for (let count = 0; count < faults.timesPlanned("executorRestart"); count++) {
      loop.after(this.#random.int(0, config.faultMinutes * 60_000), "executor restarts", () => {
        faults.note("executorRestart");
        for (const run of this.#runs.values()) run.vanish();
        this.#runs.clear();
      });
    }
  }
}
