import { limits } from "../../../../shared/core/limits.ts";
import { reconcileExit } from "../../../../shared/instance/reconcile-exit.ts";
import type {
  AttemptOrder,
  AttemptReport,
  AttemptSighting,
} from "../../../../shared/ports/backend.ts";
import type { Log } from "../../../../shared/ports/log.ts";
import { GuardProcess } from "../executor/guard-process.ts";
import { PriorityLine } from "../executor/priority-line.ts";
import { RecentSet } from "../executor/recent-set.ts";
import {
  type ContainerExit,
  type ContainerProcess,
  type ContainerProcessOptions,
  startContainerProcess,
} from "./container-process.ts";

export interface ContainerYardOptions extends Omit<ContainerProcessOptions, "url" | "memoryMb"> {
  readonly processesMax: number;
  readonly memoryMbDefault: number;
  readonly log: Log;
  readonly report: (reports: readonly AttemptReport[]) => void;
}

interface Box {
  readonly order: AttemptOrder;
  place: "queued" | "running" | "over";
  process: ContainerProcess | undefined;
  killTimer: NodeJS.Timeout | undefined;
}

/** Between being asked to end and being made to. */
const killAfterMs = 8_000;
const rememberedMax = 20_000;
const attemptsMax = 2_000;

/** The containers of this machine: one process per attempt, so many at a time, the rest in line. */
export class ContainerYard {
  readonly #options: ContainerYardOptions;
  readonly #boxes = new Map<string, Box>();
  readonly #line = new PriorityLine<Box>(limits.priorityMax);
  readonly #recent = new RecentSet(rememberedMax);
  readonly #guard: GuardProcess;
  #url: string | undefined;
  #running = 0;
  #closing = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: ContainerYardOptions) {
    this.#options = options;
    this.#guard = new GuardProcess(options.log);
  }

  get inFlight(): number {
    return this.#boxes.size;
  }

  get processes(): number {
    return this.#running;
  }

  /** Where containers find the host; before it is known they wait. */
  listensAt(url: string): void {
    this.#url = url;
    this.#fill();
  }

  /** Takes the attempt, or says why it cannot. Harmless when repeated. */
  add(order: AttemptOrder): string | undefined {
    if (this.#boxes.has(order.attemptId) || this.#recent.has(order.attemptId)) return undefined;
    if (this.#closing) return "the host is shutting down";
    if (this.#boxes.size >= attemptsMax) return `${attemptsMax} containers run or wait already`;
    const box: Box = { order, place: "queued", process: undefined, killTimer: undefined };
    this.#boxes.set(order.attemptId, box);
    this.#line.push(box, order.priority);
    this.#fill();
    return undefined;
  }

  sight(attemptId: string): AttemptSighting {
    const place = this.#boxes.get(attemptId)?.place;
    if (place !== undefined) return place === "queued" ? "queued" : "running";
    return this.#recent.has(attemptId) ? "gone" : "unknown";
  }

  /** Asks a container to end, and makes it when it does not. */
  stop(attemptId: string): void {
    const box = this.#boxes.get(attemptId);
    if (box === undefined) return;
    if (box.place === "queued") {
      this.#forget(box);
      return;
    }
    box.process?.terminate();
    box.killTimer ??= setTimeout(() => box.process?.kill(), killAfterMs);
  }

  /** Ends everything; resolves when no process is left. What ran is reported as lost. */
  async close(): Promise<void> {
    this.#closing = true;
    const boxes = [...this.#boxes.values()];
    const message = "the host was shut down before the attempt was finished";
    this.#options.report(
      boxes.map(({ order }) => ({
        ...identityOf(order),
        kind: "failed",
        error: { class: "worker_lost", message },
      })),
    );
    for (const box of boxes) {
      if (box.place === "queued") this.#forget(box);
      else box.process?.kill();
    }
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #fill(): void {
    while (this.#url !== undefined && this.#running < this.#options.processesMax) {
      const box = this.#line.shift();
      if (box === undefined) return;
      // Stopped while it waited.
      if (box.place === "queued") this.#start(box, this.#url);
    }
  }

  #start(box: Box, url: string): void {
    const { order } = box;
    const memoryMb = order.memoryMb ?? this.#options.memoryMbDefault;
    box.place = "running";
    this.#running += 1;
    box.process = startContainerProcess(order, { ...this.#options, url, memoryMb }, (exit) =>
      this.#settle(box, exit),
    );
    if (box.process.pid !== undefined) this.#guard.watch(box.process.pid);
  }

  /** A result that was recorded stands; what the exit says then changes nothing. */
  #settle(box: Box, exit: ContainerExit): void {
    const { order } = box;
    if (box.process?.pid !== undefined) this.#guard.forget(box.process.pid);
    this.#running -= 1;
    this.#forget(box);
    const said = reconcileExit({
      target: order.run.function === undefined ? "package" : "function",
      ...exit,
    });
    if (!this.#closing && said !== undefined) {
      this.#options.report([{ ...identityOf(order), ...said }]);
    }
    this.#fill();
    if (this.#running === 0) this.#onEmpty?.();
  }

  #forget(box: Box): void {
    clearTimeout(box.killTimer);
    box.place = "over";
    this.#boxes.delete(box.order.attemptId);
    this.#recent.add(box.order.attemptId);
  }
}

function identityOf({ tenant, instanceId, attemptId, token }: AttemptOrder) {
  return { tenant, instanceId, attemptId, token };
}
