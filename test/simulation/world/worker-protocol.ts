import { beginAttempt } from "../../../functions/pools/begin.ts";
import { completeAttempt } from "../../../functions/pools/complete.ts";
import { beatAttempt } from "../../../functions/pools/heartbeat.ts";
import { leaseNow } from "../../../functions/pools/lease.ts";
import { type Members, openMembers } from "../../../functions/pools/members.ts";
import { registerWorker } from "../../../functions/pools/workers.ts";
import type { RunningEngine } from "../../../functions/runtime/engine.ts";
import type {
  BeginRequest,
  CompleteAnswer,
  CompleteRequest,
  HeartbeatAnswer,
  HeartbeatRequest,
  LeaseAnswer,
  LeaseRequest,
  WorkerRegistration,
  WorkOrder,
} from "../../../shared/contract/http/work.ts";
import { RejectionError, TransientError } from "../../../shared/core/errors.ts";
import type { Ending } from "./environment.ts";
import { FunctionHost } from "./function-host.ts";
import { engineFor, type Surroundings } from "./ports.ts";
import type { World } from "./world.ts";

/** What an invocation by a worker or container was asked for; the checks compare its writes with it. */
export interface WorkTask {
  readonly call: "register" | "lease" | "begin" | "beat" | "complete";
  readonly tenant: string;
  readonly attemptId?: string;
  readonly token?: string;
}

/** What came of a call, as its caller hears it. */
export type Heard<Answer> =
  | { readonly outcome: "answered"; readonly answer: Answer }
  | { readonly outcome: "refused"; readonly code: string }
  /** Nobody answered, or not with sense: it may have been done. */
  | { readonly outcome: "unheard" };

interface WorkPorts {
  readonly engine: RunningEngine;
  readonly members: Members;
}

const timeoutMs = 30_000;

/** The part of the API that workers and containers speak to. */
export class WorkerProtocol {
  readonly #world: World;
  readonly #host: FunctionHost<WorkPorts>;

  constructor(around: Surroundings) {
    this.#world = around.world;
    this.#host = new FunctionHost(around.world, "work", timeoutMs, (environment) => {
      const engine = engineFor(around, environment);
      return { engine, members: openMembers(engine) };
    });
  }

  get working(): number {
    return this.#host.working;
  }

  register(
    tenant: string,
    where: { readonly name: string; readonly worker: string },
    registration: WorkerRegistration,
    heard: (heard: Heard<unknown>) => void,
  ): void {
    this.#ask(
      { call: "register", tenant },
      (ports) => registerWorker(ports, tenant, where, registration),
      heard,
    );
  }

  lease(
    tenant: string,
    pool: string,
    request: LeaseRequest,
    heard: (heard: Heard<LeaseAnswer>) => void,
  ): void {
    this.#ask({ call: "lease", tenant }, (ports) => leaseNow(ports, tenant, pool, request), heard);
  }

  begin(
    tenant: string,
    attemptId: string,
    request: BeginRequest,
    heard: (heard: Heard<WorkOrder>) => void,
  ): void {
    this.#ask(
      { call: "begin", tenant, attemptId },
      ({ engine }) => beginAttempt({ engine }, tenant, attemptId, request),
      heard,
    );
  }

  beat(
    tenant: string,
    attemptId: string,
    request: HeartbeatRequest,
    heard: (heard: Heard<HeartbeatAnswer>) => void,
  ): void {
    this.#ask(
      { call: "beat", tenant, attemptId, token: request.token },
      (ports) => beatAttempt(ports, tenant, attemptId, request),
      heard,
    );
  }

  complete(
    tenant: string,
    attemptId: string,
    request: CompleteRequest,
    heard: (heard: Heard<CompleteAnswer>) => void,
  ): void {
    this.#ask(
      { call: "complete", tenant, attemptId, token: request.token },
      ({ engine }) => completeAttempt(engine, tenant, attemptId, request),
      heard,
    );
  }

  #ask<Answer>(
    task: WorkTask,
    work: (ports: WorkPorts) => Promise<Answer>,
    heard: (heard: Heard<Answer>) => void,
  ): void {
    const { faults, loop } = this.#world;
    this.#host.invoke(task, work, (ending) => {
      const result = this.#heardOf(task, ending);
      if (faults.strikes("workAnswerLost")) {
        this.#world.saw("answer to a worker lost");
        heard({ outcome: "unheard" });
        return;
      }
      loop.after(1, `answer to ${task.call}`, () => heard(result));
    });
  }

  #heardOf<Answer>(task: WorkTask, ending: Ending<Answer>): Heard<Answer> {
    if (ending.outcome === "returned") return { outcome: "answered", answer: ending.value };
    if (ending.outcome === "died") return { outcome: "unheard" };
    const { error } = ending;
    if (error instanceof RejectionError) {
      return error.rejection.code === "conflict"
        ? { outcome: "unheard" }
        : { outcome: "refused", code: error.rejection.code };
    }
    if (!(error instanceof TransientError)) {
      this.#world.violate("no bug surfaces", `${task.call} threw ${String(error)}`);
    }
    return { outcome: "unheard" };
  }
}
