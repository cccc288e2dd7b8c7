import type { WorkOrder } from "../../../shared/contract/http/work.ts";
import type { ExitFacts } from "../../../shared/instance/reconcile-exit.ts";
import type { AttemptOrder } from "../../../shared/ports/backend.ts";
import type { RandomStream } from "../engine/random-stream.ts";
import { AttemptCode, type CodeEnd } from "./attempt-code.ts";
import { planAttempt } from "./attempt-plan.ts";
import type { WorkerProtocol } from "./worker-protocol.ts";
import type { World } from "./world.ts";

export interface SimulatedContainerOptions {
  readonly order: AttemptOrder;
  readonly name: string;
  readonly protocol: WorkerProtocol;
  readonly begun: (work: WorkOrder, atMs: number) => void;
  /** Its code is over, and it could not say so. */
  readonly silent: () => void;
  readonly stopped: (facts: Omit<ExitFacts, "target">) => void;
}

const beginTriesMax = 10;

/** One container with the runner in it: it takes a while to come, asks for its order, runs it, ends. */
export class SimulatedContainer {
  place: "provisioning" | "running" | "stopped" = "provisioning";
  readonly launchedAtMs: number;
  readonly name: string;
  stoppedAtMs = 0;
  readonly #world: World;
  readonly #options: SimulatedContainerOptions;
  readonly #random: RandomStream;
  #code: AttemptCode | undefined;

  constructor(world: World, options: SimulatedContainerOptions) {
    this.#world = world;
    this.#options = options;
    this.name = options.name;
    this.#random = world.random("container", options.name);
    this.launchedAtMs = world.wallMs();
  }

  launch(): void {
    const { faults } = this.#world;
    if (faults.strikes("containerStuck")) {
      this.#world.saw("container that never begins");
      this.#after(40 * 60_000, "is given up by ECS", () => this.stop("TaskFailedToStart"));
      return;
    }
    if (faults.strikes("containerNotStarted")) {
      this.#after(this.#random.int(2_000, 30_000), "cannot start", () =>
        this.#end({ stopCode: "TaskFailedToStart", reason: "Capacity is unavailable" }),
      );
      return;
    }
    this.#after(this.#random.int(500, 40_000), "runs", () => {
      this.place = "running";
      if (faults.strikes("spotInterrupted")) {
        this.#after(this.#random.int(0, 60_000), "is interrupted", () => {
          this.#world.saw("container interrupted");
          this.stop("SpotInterruption");
        });
      }
      this.#begin(beginTriesMax);
    });
  }

  /** Somebody or something ends it from outside. */
  stop(stopCode: string): void {
    if (this.place === "stopped") return;
    this.#code?.kill();
    this.#end({ stopCode });
  }

  #begin(triesLeft: number): void {
    const { order, name, protocol } = this.#options;
    const request = { instanceId: order.instanceId, runner: name };
    protocol.begin(order.tenant, order.attemptId, request, (heard) => {
      if (this.place === "stopped") return;
      if (heard.outcome === "answered") this.#run(heard.answer);
      else if (heard.outcome === "refused") this.#end({ exitCode: 0 });
      else if (triesLeft <= 1) this.#end({ exitCode: 1 });
      else this.#after(3_000, "asks again", () => this.#begin(triesLeft - 1));
    });
  }

  #run(work: WorkOrder): void {
    const { order, protocol, begun } = this.#options;
    this.#code = new AttemptCode(this.#world, {
      tenant: order.tenant,
      order: work,
      plan: planAttempt(this.#world, order, 1),
      protocol,
      cutOff: () => false,
      survivedByRunner: false,
      begun: (atMs) => begun(work, atMs),
      ended: (end) => {
        if (end === "silent" || end === "unheard") this.#options.silent();
        this.#exit(end);
      },
    });
    this.#code.begin();
  }

  #exit(end: CodeEnd): void {
    if (this.place === "stopped") return;
    if (end === "silent" || end === "unheard") {
      const exitCode = end === "silent" ? this.#random.pick([0, 1, 137]) : 1;
      this.#end({ exitCode });
      return;
    }
    const contradicts = this.#world.faults.strikes("exitContradicts");
    if (contradicts) this.#world.saw("exit code against the reported result");
    this.#end({ exitCode: contradicts ? 1 : 0 });
  }

  #end(facts: Omit<ExitFacts, "target">): void {
    this.place = "stopped";
    this.stoppedAtMs = this.#world.wallMs();
    this.#options.stopped(facts);
  }

  #after(delayMs: number, what: string, act: () => void): void {
    this.#world.loop.after(delayMs, `${this.#options.name} ${what}`, () => {
      if (this.place !== "stopped") act();
    });
  }
}
