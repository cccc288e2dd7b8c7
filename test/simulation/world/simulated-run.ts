import type { AttemptError } from "../../../shared/instance/instance.ts";
import type {
  AttemptOrder,
  AttemptReport,
  BackendCapabilities,
} from "../../../shared/ports/backend.ts";
import type { AttemptPlan } from "./attempt-plan.ts";
import type { World } from "./world.ts";

export interface SimulatedRunOptions {
  readonly order: AttemptOrder;
  readonly plan: AttemptPlan;
  readonly backend: BackendCapabilities;
  /** Whether it waits in line before it begins. */
  readonly queues: boolean;
  readonly report: (report: AttemptReport) => void;
  /** Its code begins, at this true time. */
  readonly begun: (atMs: number) => void;
  readonly ended: () => void;
}

/** Longer than anything else takes, so that nothing but a time limit ends a hanging attempt. */
const hangMs = 45 * 60_000;

/** The task whose code sends heartbeats. */
export const beatingTask = "beating";

/** The code of a task, as the control plane gets to know it: by what it reports. */
export class SimulatedRun {
  place: "queued" | "running" | "gone" = "queued";
  readonly #world: World;
  readonly #options: SimulatedRunOptions;
  #begunAtMs = 0;

  constructor(world: World, options: SimulatedRunOptions) {
    this.#world = world;
    this.#options = options;
  }

  begin(): void {
    const { plan, queues, order } = this.#options;
    this.#after(queues ? plan.queueMs : 0, "begins", () => {
      const nowMs = this.#world.wallMs();
      if (order.startByMs !== undefined && nowMs >= order.startByMs) this.vanish();
      else if (queues && nowMs >= order.deadlineAtMs) this.#fail(notBegun);
      else this.#work();
    });
  }

  /** Somebody asked for its end; nothing more is reported, or all the same when it does not listen. */
  stop(): void {
    if (!this.#options.plan.ignoresStop) this.vanish();
  }

  /** Ends without a word. */
  vanish(): void {
    if (this.place === "gone") return;
    this.place = "gone";
    this.#options.ended();
  }

  #work(): void {
    const { plan, order, backend } = this.#options;
    this.place = "running";
    this.#begunAtMs = this.#world.wallMs();
    this.#options.begun(this.#begunAtMs);
    if (backend.reportsStart) {
      this.#options.report({
        ...this.#from(),
        kind: "started",
        atMs: this.#begunAtMs + plan.skewMs,
      });
    }
    if (order.task === beatingTask && plan.end !== "hangs") this.#beat(6_000);
    if (plan.end === "hangs") {
      this.#after(hangMs, "gives way at last", () => this.vanish());
    } else if (plan.end === "vanishes" && !plan.outlivesLimit) {
      this.#after(plan.runMs, "vanishes", () => this.vanish());
    } else if (plan.outlivesLimit) {
      this.#after(order.timeoutMs + plan.runMs + 80_000, "ends past its limit", () => {
        this.#world.saw("zombie attempt outlived its limit");
        this.#end();
      });
    } else if (plan.runMs >= order.timeoutMs) {
      this.#after(order.timeoutMs, "is out of time", () => this.#fail(outOfTime));
    } else {
      this.#after(plan.runMs, "ends", () => this.#end());
    }
  }

  #beat(everyMs: number): void {
    this.#after(everyMs, "beats", () => {
      const nowMs = this.#world.wallMs();
      const { plan, report } = this.#options;
      if (nowMs - this.#begunAtMs > plan.silentAfterMs) return;
      report({ ...this.#from(), kind: "heartbeat", atMs: nowMs + plan.skewMs });
      this.#beat(everyMs);
    });
  }

  #end(): void {
    const { plan } = this.#options;
    if (plan.end === "fails") {
      this.#fail({
        class: plan.errorClass,
        name: plan.errorIsFinal ? "FinalError" : "OddError",
        message: "it did not work out",
        ...(plan.errorIsFinal ? { retryable: false } : {}),
      });
      return;
    }
    const output = { done: true, text: "x".repeat(plan.outputBytes) };
    this.#options.report({ ...this.#from(), kind: "succeeded", output, ...this.#measured() });
    this.vanish();
  }

  #fail(error: AttemptError): void {
    this.#options.report({ ...this.#from(), kind: "failed", error, ...this.#measured() });
    this.vanish();
  }

  #measured(): Pick<Extract<AttemptReport, { kind: "failed" }>, "startedAtMs" | "log" | "usage"> {
    const { plan } = this.#options;
    if (this.#begunAtMs === 0) return {};
    return {
      ...(plan.namesItsStart
        ? { startedAtMs: this.#begunAtMs + plan.skewMs, log: "one line" }
        : {}),
      ...(plan.namesItsUsage
        ? { usage: { durationMs: this.#world.wallMs() - this.#begunAtMs } }
        : {}),
    };
  }

  #from() {
    const { tenant, instanceId, attemptId, token } = this.#options.order;
    return { tenant, instanceId, attemptId, token };
  }

  #after(delayMs: number, what: string, act: () => void): void {
    this.#world.loop.after(delayMs, `${this.#options.order.attemptId} ${what}`, () => {
      if (this.place !== "gone") act();
    });
  }
}

/** How a backend reports that it ended an attempt at its limit. */
export const outOfTime: AttemptError = { class: "timeout", message: "ended at its time limit" };
const notBegun: AttemptError = { class: "no_capacity", message: "it could not begin in its time" };
