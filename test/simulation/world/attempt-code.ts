import type { CompleteRequest, WorkOrder } from "../../../shared/contract/http/work.ts";
import type { AttemptError } from "../../../shared/instance/instance.ts";
import type { AttemptPlan } from "./attempt-plan.ts";
import { outOfTime } from "./simulated-run.ts";
import type { Heard, WorkerProtocol } from "./worker-protocol.ts";
import type { World } from "./world.ts";

/** How the code of an attempt came to its end, as far as its runner knows. */
export type CodeEnd =
  /** Its result was answered: recorded, or of no interest any more. */
  | "reported"
  /** It was told that it no longer counts. */
  | "told to stop"
  /** It ended without a word. */
  | "silent"
  /** Its result found nobody to take it. */
  | "unheard";

export interface AttemptCodeOptions {
  readonly tenant: string;
  readonly order: WorkOrder;
  readonly plan: AttemptPlan;
  readonly protocol: WorkerProtocol;
  /** True while its runner cannot reach anybody. */
  readonly cutOff: () => boolean;
  /** Its code is a process of its own, whose end the runner survives and reports. */
  readonly survivedByRunner: boolean;
  readonly begun: (atMs: number) => void;
  readonly ended: (end: CodeEnd) => void;
}

const reportTriesMax = 8;

/** The code of a task under a runner that speaks the worker protocol: it beats, ends and reports. */
export class AttemptCode {
  over = false;
  readonly #world: World;
  readonly #options: AttemptCodeOptions;
  #begunAtMs = 0;
  /** Since its result stands, only the report goes on. */
  #done = false;

  constructor(world: World, options: AttemptCodeOptions) {
    this.#world = world;
    this.#options = options;
  }

  begin(): void {
    const { order, plan, begun } = this.#options;
    this.#begunAtMs = this.#world.wallMs();
    begun(this.#begunAtMs);
    this.#beat();
    const limitMs = order.timeoutMs;
    if (plan.end === "vanishes" || plan.end === "hangs") {
      // Its runner's limit ends what hangs; what vanishes takes its runner with it.
      const delayMs = plan.end === "hangs" ? limitMs : Math.min(plan.runMs, limitMs);
      const act = (): void => (plan.end === "hangs" ? this.#timeOut() : this.#vanish());
      this.#after(delayMs, `code ${plan.end}`, act);
    } else if (plan.outlivesLimit) {
      this.#after(limitMs + plan.runMs, "code ends past its limit", () => {
        this.#world.saw("zombie attempt outlived its limit");
        this.#report(this.#result(), reportTriesMax);
      });
    } else if (plan.runMs >= limitMs) {
      this.#after(limitMs, "code is out of time", () => this.#timeOut());
    } else {
      this.#after(plan.runMs, "code ends", () => this.#report(this.#result(), reportTriesMax));
    }
  }

  /** Its process is gone: nothing more happens. */
  kill(): void {
    if (!this.over) this.#end("silent");
  }

  #beat(): void {
    const { order, plan, protocol, tenant, cutOff } = this.#options;
    this.#after((order.leaseSeconds * 1_000) / 3, "beats", () => {
      if (this.#world.wallMs() - this.#begunAtMs > plan.silentAfterMs) return;
      this.#beat();
      if (cutOff()) return;
      const { instanceId, attemptId, token } = order;
      protocol.beat(tenant, attemptId, { instanceId, token }, (heard) => {
        if (this.over || heard.outcome !== "answered") return;
        if (heard.answer.verdict === "continue") return;
        this.#world.saw("worker told to stop");
        if (!plan.ignoresStop) this.#end("told to stop");
      });
    });
  }

  #vanish(): void {
    if (!this.#options.survivedByRunner) this.#end("silent");
    else this.#report(this.#failure({ class: "crash", message: "it ended" }), reportTriesMax);
  }

  #timeOut(): void {
    this.#report(this.#failure(outOfTime), reportTriesMax);
  }

  #result(): CompleteRequest {
    const { plan } = this.#options;
    if (plan.end === "fails") {
      return this.#failure({
        class: plan.errorClass,
        message: "it did not work out",
        ...(plan.errorIsFinal ? { retryable: false } : {}),
      });
    }
    const output = { done: true, text: "x".repeat(plan.outputBytes) };
    return { ...this.#from(), outcome: "succeeded", output };
  }

  #failure({ class: errorClass, message, retryable }: AttemptError): CompleteRequest {
    const error = { class: errorClass, message, ...(retryable === undefined ? {} : { retryable }) };
    return { ...this.#from(), outcome: "failed", error };
  }

  #from() {
    const { order, plan } = this.#options;
    const startedAtMs = Math.max(this.#world.epochMs, this.#begunAtMs + plan.skewMs);
    return {
      instanceId: order.instanceId,
      token: order.token,
      ...(plan.namesItsStart ? { startedAt: new Date(startedAtMs).toISOString() } : {}),
      ...(plan.namesItsUsage
        ? { usage: { durationMs: this.#world.wallMs() - this.#begunAtMs } }
        : {}),
    };
  }

  /** Says how it ended until somebody answers. */
  #report(request: CompleteRequest, triesLeft: number): void {
    const { protocol, tenant, order, cutOff } = this.#options;
    this.#done = true;
    const again = (): void => {
      if (triesLeft <= 1) this.#end("unheard");
      else this.#after(4_000, "reports again", () => this.#report(request, triesLeft - 1), true);
    };
    if (cutOff()) {
      again();
      return;
    }
    protocol.complete(tenant, order.attemptId, request, (heard) => this.#settle(heard, again));
  }

  #settle(heard: Heard<{ readonly result: string }>, again: () => void): void {
    if (this.over) return;
    if (heard.outcome === "unheard") {
      again();
      return;
    }
    if (heard.outcome === "answered") {
      if (heard.answer.result === "repeated") this.#world.saw("result reported twice");
      if (heard.answer.result === "stale") this.#world.saw("stale result refused");
    }
    this.#end("reported");
  }

  #end(end: CodeEnd): void {
    if (this.over) return;
    this.over = true;
    this.#options.ended(end);
  }

  #after(delayMs: number, what: string, act: () => void, evenIfDone = false): void {
    this.#world.loop.after(delayMs, `${this.#options.order.attemptId} ${what}`, () => {
      // While a result is being reported, the runner still beats but the code is over.
      if (!this.over && (evenIfDone || !this.#done || what === "beats")) act();
    });
  }
}
