import { randomUUID } from "node:crypto";
import type { WorkerOptions } from "../../../client/worker/worker-options.ts";
import { switchyardVersion } from "../../../shared/contract/http/version.ts";
import type {
  LeaseAnswer,
  WorkerRegistered,
  WorkOrder,
} from "../../../shared/contract/http/work.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Log } from "../../../shared/ports/log.ts";
import { RecentSet } from "../../adapters/local/executor/recent-set.ts";
import { runWorkOrder } from "../order-run.ts";
import { failureOfCall } from "../orders/call-failure.ts";
import type { Machine } from "../orders/machine.ts";
import type { WorkClient } from "../orders/work-client.ts";
import { type Bell, nap, openBell } from "./doorbell.ts";
import { beginLine, endLine } from "./worker-lines.ts";

export interface WorkerLoopDeps {
  readonly options: WorkerOptions;
  readonly client: WorkClient;
  readonly machine: Machine;
  readonly log: Log;
}

const begunRemembered = 20_000;
const awayDelayMsMin = 500;
const awayDelayMsMax = 5_000;

/** The server will not have this worker; asking again would not change that. */
export class WorkerRefused extends Error {
  override readonly name = "WorkerRefused";
}

/** Asks for work as long as there is room, and runs it. Survives a server that goes away. */
export class WorkerLoop {
  readonly #deps: WorkerLoopDeps;
  readonly #session = randomUUID();
  readonly #running = new Map<string, Promise<void>>();
  /** Every attempt that this process began: code of one attempt runs once. */
  readonly #begun = new RecentSet(begunRemembered);
  /** Aborted: what still runs is given back. */
  readonly #giveBack = new AbortController();
  /** Aborted: not even reports are waited for. */
  readonly #gone = new AbortController();
  #bell: Bell | undefined;
  #registered: WorkerRegistered | undefined;
  #awayDelayMs = awayDelayMsMin;
  #isAway = false;
  finished = 0;

  constructor(deps: WorkerLoopDeps) {
    this.#deps = deps;
  }

  get busy(): number {
    return this.#running.size;
  }

  /** Takes work until it is told to leave, by its owner or by the server. */
  async takeWork(): Promise<void> {
    const { leaving, once } = this.#deps.options;
    while (!leaving.aborted) {
      try {
        if (this.#registered === undefined || this.#bell?.isStale()) await this.#register();
        const answer = await this.#ask();
        this.#noteServer();
        for (const order of answer.items) this.#begin(order);
        if (answer.draining) return this.#deps.options.say("the server asks this worker to leave");
        if (once) return;
        if (answer.items.length === 0) await this.#rest();
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  /** Resolves when nothing runs any more, at the latest when the signal is aborted. */
  async settled(signal: AbortSignal): Promise<void> {
    const settled = Promise.all(this.#running.values());
    await Promise.race([settled, aborted(signal)]);
  }

  /** Ends what still runs and gives it back. */
  async giveBack(reportMsMax: number): Promise<number> {
    const left = this.#running.size;
    if (left === 0) return 0;
    this.#giveBack.abort();
    const timer = setTimeout(() => this.#gone.abort(), reportMsMax);
    await Promise.all(this.#running.values());
    clearTimeout(timer);
    return left;
  }

  /** Asks once more for what may have been handed out while the last request was given up. */
  async disclose(): Promise<void> {
    const { client, options, log } = this.#deps;
    try {
      await client.drain(options.pool, options.id);
      const request = { worker: options.id, slots: 0, busy: this.busy, holding: this.#holding() };
      await client.lease(options.pool, request, options.hurrying);
    } catch (error) {
      // The server notices by itself, only later.
      log.warn("the server could not be told of the leave", { reason: reasonOf(error) });
    }
  }

  async sayGoodbye(): Promise<void> {
    this.#bell?.close();
    if (this.#registered === undefined) return;
    const { client, options, log } = this.#deps;
    try {
      await client.remove(options.pool, options.id);
    } catch (error) {
      log.warn("the server could not be told goodbye", { reason: reasonOf(error) });
    }
  }

  async #register(): Promise<void> {
    const { client, options, log } = this.#deps;
    const isFirst = this.#registered === undefined && this.#bell === undefined;
    try {
      this.#registered = await client.register(options.pool, options.id, {
        slots: options.slots,
        labels: { ...options.labels },
        version: switchyardVersion,
        session: this.#session,
      });
    } catch (error) {
      const failure = failureOfCall(error);
      if (isFirst && failure.kind !== "passing") throw new WorkerRefused(failure.reason);
      throw error;
    }
    this.#bell?.close();
    this.#bell = await openBell(this.#registered.doorbell, log);
    if (isFirst) options.say(`${options.id} waits for work of pool ${options.pool}`);
  }

  #ask(): Promise<LeaseAnswer> {
    const { client, options } = this.#deps;
    const slots = Math.min(options.slots - this.busy, limits.leaseItemsMax);
    const request = {
      worker: options.id,
      slots,
      busy: this.busy,
      // The first request after an absence is answered at once, and so tells that it is over.
      waitSeconds: slots === 0 || this.#isAway ? 0 : (this.#bell?.askSeconds ?? 0),
      holding: this.#holding(),
    };
    return client.lease(options.pool, request, options.leaving);
  }

  #holding(): string[] {
    return [...this.#running.keys()];
  }

  /** Until there is room again, or something to fetch, or it is time to be heard of. */
  async #rest(): Promise<void> {
    const { slots, leaving } = this.#deps.options;
    const seenSeconds = this.#registered?.seenSeconds ?? 1;
    if (this.busy < slots) {
      await this.#bell?.wait(seenSeconds, leaving);
      return;
    }
    const over = new AbortController();
    const signal = AbortSignal.any([leaving, over.signal]);
    await Promise.race([...this.#running.values(), nap(seenSeconds * 1_000, signal)]);
    over.abort();
  }

  #begin(order: WorkOrder): void {
    const { options, client, machine, log } = this.#deps;
    if (this.#begun.has(order.attemptId)) {
      // Its end found nobody to hear it. The lease runs out, and the next attempt goes elsewhere.
      if (!this.#running.has(order.attemptId))
        log.warn("not run a second time", { ...idsOf(order) });
      return;
    }
    this.#begun.add(order.attemptId);
    const sinceMs = performance.now();
    const run = async (): Promise<void> => {
      const ended = await runWorkOrder(order, {
        client,
        machine,
        log,
        leaving: this.#giveBack.signal,
        gone: this.#gone.signal,
      });
      this.finished += 1;
      options.say(endLine(order, ended, performance.now() - sinceMs));
    };
    const running = run().finally(() => this.#running.delete(order.attemptId));
    this.#running.set(order.attemptId, running);
    options.say(beginLine(order, `${this.busy} of ${options.slots} slots busy`));
  }

  /** A server that is away is waited for; one that has forgotten this worker is told again. */
  async #recover(error: unknown): Promise<void> {
    const { options } = this.#deps;
    if (options.leaving.aborted) return;
    if (error instanceof WorkerRefused) throw error;
    const { kind, reason } = failureOfCall(error);
    if (kind === "gone" && this.#registered !== undefined) {
      this.#registered = undefined;
      options.say(`the server does not know this worker any more: ${reason}`);
      await nap(awayDelayMsMin, options.leaving);
      return;
    }
    if (!this.#isAway) options.say(`no work at the moment: ${reason}; asking again`);
    this.#isAway = true;
    await nap(this.#awayDelayMs * (0.5 + Math.random() / 2), options.leaving);
    this.#awayDelayMs = Math.min(2 * this.#awayDelayMs, awayDelayMsMax);
  }

  #noteServer(): void {
    if (this.#isAway) this.#deps.options.say("the server answers again");
    this.#isAway = false;
    this.#awayDelayMs = awayDelayMsMin;
  }
}

function idsOf({ instanceId, attemptId }: WorkOrder) {
  return { instanceId, attemptId };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
