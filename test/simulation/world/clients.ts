import { cancelInstance, retryInstance } from "../../../functions/api/act-on-instance.ts";
import { defineTask } from "../../../functions/api/define-task.ts";
import { getInstance } from "../../../functions/api/find-instances.ts";
import { pauseTask, resumeTask } from "../../../functions/api/pause-task.ts";
import { definePool } from "../../../functions/pools/define-pool.ts";
import type { RunningEngine } from "../../../functions/runtime/engine.ts";
import {
  type SubmitResult,
  submitInstances,
} from "../../../functions/submission/submit-instances.ts";
import { RejectionError, TransientError } from "../../../shared/core/errors.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { Submission } from "../../../shared/instance/submission.ts";
import { PoolSpec } from "../../../shared/pool/pool.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import type { Ending } from "./environment.ts";
import { FunctionHost } from "./function-host.ts";
import { engineFor, type Surroundings } from "./ports.ts";
import {
  type ClientCommand,
  commandsOf,
  poolName,
  poolSpec,
  type SubmitItem,
  startByMsOf,
  taskSpecs,
  tenants,
} from "./workload.ts";
import { epochMs, type World } from "./world.ts";

/** What the checks want to hear about clients. */
export interface ClientWatch {
  accepted(tenant: string, item: SubmitItem, instance: Instance, repeated: boolean): void;
  conflicted(tenant: string, item: SubmitItem): void;
  found(tenant: string, instance: Instance): void;
  missing(tenant: string, id: string): void;
  /** Another tenant asked for this instance by its id. */
  spied(tenant: string, id: string, found: boolean): void;
  cancelled(instance: Instance): void;
}

/** What an invocation of the API was asked for; the checks compare its writes with it. */
export interface ApiTask {
  readonly action: "define" | "submit" | "cancel" | "retry" | "get" | "pause" | "resume";
  readonly tenant: string;
}

const apiTimeoutMs = 30_000;

/** People and programs who submit, cancel, retry, pause, and look at what they have. */
export class Clients {
  /** Conversations that have not come to their end. */
  open = 0;
  readonly #world: World;
  readonly #watch: ClientWatch;
  readonly #api: FunctionHost<RunningEngine>;

  constructor(around: Surroundings, watch: ClientWatch) {
    this.#world = around.world;
    this.#watch = watch;
    this.#api = new FunctionHost(around.world, "api", apiTimeoutMs, (environment) =>
      engineFor(around, environment),
    );
  }

  /** Every tenant defines the same tasks; nothing can be submitted before that is done. */
  defineTasks(): void {
    const specs = taskSpecs(this.#world.random("tasks"));
    for (const tenant of tenants) {
      this.#insist({ action: "define", tenant }, (engine) =>
        definePool(engine, this.#context(tenant), poolName, PoolSpec.parse(poolSpec)),
      );
      for (const [name, spec] of Object.entries(specs)) {
        this.#insist({ action: "define", tenant }, (engine) =>
          defineTask(engine, this.#context(tenant), name, TaskSpec.parse(spec)),
        );
      }
    }
  }

  start(): void {
    for (const command of commandsOf(this.#world)) {
      this.open += 1;
      const label = `client ${command.number} ${command.kind}`;
      this.#world.loop.after(command.atMs, label, () => {
        this.open -= 1;
        if (command.kind === "submit") this.#submit(command, command.items, command.patience);
        else this.#pause(command);
      });
    }
  }

  #submit(
    command: Extract<ClientCommand, { kind: "submit" }>,
    items: readonly SubmitItem[],
    patience: number,
  ): void {
    const { tenant } = command;
    const submissions = items.map((item) => this.#submissionOf(item));
    this.#ask(
      { action: "submit", tenant },
      (engine) => submitInstances(engine, this.#context(tenant), submissions),
      (ending) => {
        const results = ending.outcome === "returned" ? ending.value : [];
        const again = items.filter((item, place) => !this.#heard(command, item, results[place]));
        if (again.length === 0) return;
        this.#world.saw("submission with unknown outcome");
        // Without a key, submitting again may run the work twice: a client's own choice.
        const left = again.some(({ idempotencyKey }) => idempotencyKey) ? patience + 1 : patience;
        if (left <= 0 && !this.#world.faults.healed) return;
        if (left <= -3) return;
        this.#later(5_000, `client ${command.number} again`, () =>
          this.#submit(command, again, left - 1),
        );
      },
    );
  }

  /** Whether the client got an answer that it can rely on. */
  #heard(
    command: Extract<ClientCommand, { kind: "submit" }>,
    item: SubmitItem,
    result: SubmitResult | undefined,
  ): boolean {
    const { tenant, followUps } = command;
    if (result?.outcome === "accepted") {
      const { instance, repeated } = result;
      this.#watch.accepted(tenant, item, instance, repeated);
      this.#look(tenant, instance.id);
      if (command.spied) {
        for (const other of tenants) if (other !== tenant) this.#spy(other, instance.id);
      }
      const { cancelAfterMs, retryAfterMs } = followUps;
      if (cancelAfterMs !== undefined) {
        this.#later(cancelAfterMs, `cancel ${instance.id}`, () =>
          this.#cancel(tenant, instance.id),
        );
      }
      if (retryAfterMs !== undefined) {
        this.#later(retryAfterMs, `retry ${instance.id}`, () => this.#retry(tenant, instance.id));
      }
      return true;
    }
    if (result?.outcome !== "rejected") return false;
    if (result.rejection.code === "idempotency_conflict") {
      this.#watch.conflicted(tenant, item);
      return true;
    }
    // A start-by moment may have passed by the time the client tries again.
    return result.rejection.code === "invalid_field" && item.startBySeconds !== undefined;
  }

  #submissionOf(item: SubmitItem): Submission {
    const { startAfterMs, startBySeconds, ...rest } = item;
    const iso = (atMs: number) => new Date(atMs).toISOString();
    return Submission.parse({
      ...rest,
      ...(startAfterMs === undefined ? {} : { startAt: iso(epochMs + startAfterMs) }),
      ...(startBySeconds === undefined ? {} : { startBy: iso(startByMsOf(startBySeconds)) }),
    });
  }

  #look(tenant: string, id: string): void {
    this.#ask(
      { action: "get", tenant },
      (engine) => getInstance(engine, tenant, id),
      (ending) => {
        if (ending.outcome === "returned") this.#watch.found(tenant, ending.value);
        else if (isRejection(ending)) this.#watch.missing(tenant, id);
      },
    );
  }

  /** Ids are no secret: knowing one must not help. */
  #spy(tenant: string, id: string): void {
    this.#ask(
      { action: "get", tenant },
      (engine) => getInstance(engine, tenant, id),
      (ending) => {
        if (ending.outcome === "returned") this.#watch.spied(tenant, id, true);
        else if (isRejection(ending)) this.#watch.spied(tenant, id, false);
      },
    );
  }

  #cancel(tenant: string, id: string): void {
    this.#insist(
      { action: "cancel", tenant },
      (engine) => cancelInstance(engine, this.#context(tenant), id, undefined),
      (instance) => this.#watch.cancelled(instance),
      () => this.#world.saw("cancel refused"),
    );
  }

  #retry(tenant: string, id: string): void {
    this.#insist(
      { action: "retry", tenant },
      (engine) => retryInstance(engine, this.#context(tenant), id, "once more"),
      () => this.#world.saw("retried by hand"),
    );
  }

  /** Every pause has its end, and the client sees to it that the end takes effect. */
  #pause({ tenant, task, forMs, number }: Extract<ClientCommand, { kind: "pause" }>): void {
    const context = this.#context(tenant);
    this.#ask(
      { action: "pause", tenant },
      (engine) => pauseTask(engine, context, task, undefined),
      () =>
        this.#later(forMs, `client ${number} resume`, () =>
          this.#insist({ action: "resume", tenant }, (engine) =>
            resumeTask(engine, context, task, undefined),
          ),
        ),
    );
  }

  /** Asks until there is an answer, whatever it is. */
  #insist<Value>(
    task: ApiTask,
    work: (engine: RunningEngine) => Promise<Value>,
    heard: (value: Value) => void = () => undefined,
    refused: () => void = () => undefined,
  ): void {
    this.#ask(task, work, (ending) => {
      if (ending.outcome === "returned") heard(ending.value);
      else if (isRejection(ending) && ending.error.rejection.code !== "conflict") refused();
      else {
        this.#later(3_000, `${task.action} again`, () => this.#insist(task, work, heard, refused));
      }
    });
  }

  #ask<Value>(
    task: ApiTask,
    work: (engine: RunningEngine) => Promise<Value>,
    answered: (ending: Ending<Value>) => void,
  ): void {
    this.open += 1;
    this.#api.invoke(task, work, (ending) => {
      this.open -= 1;
      if (ending.outcome === "threw" && !isRejection(ending)) {
        if (!(ending.error instanceof TransientError)) {
          this.#world.violate("no bug surfaces", `api threw ${String(ending.error)}`);
        }
      }
      answered(ending);
    });
  }

  #later(delayMs: number, label: string, act: () => void): void {
    this.open += 1;
    this.#world.loop.after(delayMs, label, () => {
      this.open -= 1;
      act();
    });
  }

  #context(tenant: string): TenantContext {
    return { tenant, actor: `user of ${tenant}`, role: "operator" };
  }
}

function isRejection(
  ending: Ending<unknown>,
): ending is { readonly outcome: "threw"; readonly error: RejectionError } {
  return ending.outcome === "threw" && ending.error instanceof RejectionError;
}
