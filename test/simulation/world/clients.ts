import { getInstance } from "../../../functions/api/find-instances.ts";
import { definePool } from "../../../functions/pools/define-pool.ts";
import { cancelInstance, retryInstance } from "../../../functions/submission/act-on-instance.ts";
import {
  type SubmitResult,
  submitInstances,
} from "../../../functions/submission/submit-instances.ts";
import { defineTask } from "../../../functions/tasks/define-task.ts";
import { pauseTask, resumeTask } from "../../../functions/tasks/pause-task.ts";
import type { ErrorCode } from "../../../shared/core/error-codes.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { Submission } from "../../../shared/instance/submission.ts";
import { PoolSpec } from "../../../shared/pool/pool.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import { type ApiCaller, isRejection } from "./api-caller.ts";
import { GateOperators } from "./gates-operators.ts";
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
import type { World } from "./world.ts";

/** What the checks want to hear about clients. */
export interface ClientWatch {
  accepted(tenant: string, item: SubmitItem, instance: Instance, repeated: boolean): void;
  conflicted(tenant: string, item: SubmitItem): void;
  /** For a reason of its own; with "unavailable" it may have been taken all the same. */
  refused(tenant: string, item: SubmitItem, code: ErrorCode): void;
  /** Nobody answered: it may have been taken or not. */
  unanswered(tenant: string, item: SubmitItem): void;
  found(tenant: string, instance: Instance): void;
  missing(tenant: string, id: string): void;
  /** Another tenant asked for this instance by its id. */
  spied(tenant: string, id: string, found: boolean): void;
  cancelled(instance: Instance): void;
}

/** People and programs who submit, cancel, retry, pause, and look at what they have. */
export class Clients {
  readonly #world: World;
  readonly #watch: ClientWatch;
  readonly #api: ApiCaller;
  readonly #operators: GateOperators;
  readonly #specs: Readonly<Record<string, unknown>>;

  constructor(world: World, api: ApiCaller, watch: ClientWatch) {
    this.#world = world;
    this.#watch = watch;
    this.#api = api;
    this.#operators = new GateOperators(world, api);
    this.#specs = taskSpecs(world.random("tasks"));
  }

  /** Every tenant defines the same tasks; nothing can be submitted before that is done. */
  defineTasks(): void {
    for (const tenant of tenants) {
      this.#api.insist({ action: "define", tenant }, (engine) =>
        definePool(engine, this.#context(tenant), poolName, PoolSpec.parse(poolSpec)),
      );
      this.#operators.bound(tenant, this.#specs, (specs) => this.#define(tenant, specs));
    }
  }

  #define(tenant: string, specs: Readonly<Record<string, unknown>>): void {
    for (const [name, spec] of Object.entries(specs)) {
      this.#api.insist({ action: "define", tenant }, (engine) =>
        defineTask(engine, this.#context(tenant), name, TaskSpec.parse(spec)),
      );
    }
  }

  /** Faults have stopped: nobody is to wait for money for ever. */
  healed(): void {
    this.#operators.raiseBudgets();
  }

  start(): void {
    this.#operators.start();
    for (const command of commandsOf(this.#world)) {
      const label = `client ${command.number} ${command.kind}`;
      this.#api.later(command.atMs, label, () => {
        if (command.kind === "submit") this.#submit(command, command.items, command.patience);
        else if (command.kind === "pause") this.#pause(command);
        else this.#operators.act(command.tenant, command.act, this.#specs);
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
    this.#api.ask(
      { action: "submit", tenant },
      (engine) => submitInstances(engine, this.#context(tenant), submissions),
      (ending) => {
        const results = ending.outcome === "returned" ? ending.value : [];
        if (ending.outcome !== "returned") {
          for (const item of items) this.#watch.unanswered(tenant, item);
        }
        const again = items.filter((item, place) => !this.#heard(command, item, results[place]));
        if (again.length === 0) return;
        this.#world.saw("submission with unknown outcome");
        // Without a key, submitting again may run the work twice: a client's own choice.
        const left = again.some(({ idempotencyKey }) => idempotencyKey) ? patience + 1 : patience;
        if (left <= 0 && !this.#world.faults.healed) return;
        if (left <= -3) return;
        this.#api.later(5_000, `client ${command.number} again`, () =>
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
        this.#api.later(cancelAfterMs, `cancel ${instance.id}`, () =>
          this.#cancel(tenant, instance.id),
        );
      }
      if (retryAfterMs !== undefined) {
        this.#api.later(retryAfterMs, `retry ${instance.id}`, () =>
          this.#retry(tenant, instance.id),
        );
      }
      return true;
    }
    if (result?.outcome !== "rejected") return false;
    if (result.rejection.code === "idempotency_conflict") {
      this.#watch.conflicted(tenant, item);
      return true;
    }
    const { code } = result.rejection;
    this.#watch.refused(tenant, item, code);
    if (code === "singleton_open" || code === "budget_exhausted") return true;
    // A start-by moment may have passed by the time the client tries again.
    return code === "invalid_field" && item.startBySeconds !== undefined;
  }

  #submissionOf(item: SubmitItem): Submission {
    const { startAfterMs, startBySeconds, ...rest } = item;
    const iso = (atMs: number) => new Date(atMs).toISOString();
    return Submission.parse({
      ...rest,
      ...(startAfterMs === undefined ? {} : { startAt: iso(this.#world.epochMs + startAfterMs) }),
      ...(startBySeconds === undefined
        ? {}
        : { startBy: iso(startByMsOf(this.#world, startBySeconds)) }),
    });
  }

  #look(tenant: string, id: string): void {
    this.#api.ask(
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
    this.#api.ask(
      { action: "get", tenant },
      (engine) => getInstance(engine, tenant, id),
      (ending) => {
        if (ending.outcome === "returned") this.#watch.spied(tenant, id, true);
        else if (isRejection(ending)) this.#watch.spied(tenant, id, false);
      },
    );
  }

  #cancel(tenant: string, id: string): void {
    this.#api.insist(
      { action: "cancel", tenant },
      (engine) => cancelInstance(engine, this.#context(tenant), id, undefined),
      (instance) => this.#watch.cancelled(instance),
      () => this.#world.saw("cancel refused"),
    );
  }

  #retry(tenant: string, id: string): void {
    this.#api.insist(
      { action: "retry", tenant },
      (engine) => retryInstance(engine, this.#context(tenant), id, "once more"),
      () => this.#world.saw("retried by hand"),
    );
  }

  /** Every pause has its end, and the client sees to it that the end takes effect. */
  #pause({ tenant, task, forMs, number }: Extract<ClientCommand, { kind: "pause" }>): void {
    const context = this.#context(tenant);
    this.#api.ask(
      { action: "pause", tenant },
      (engine) => pauseTask(engine, context, task, undefined),
      () =>
        this.#api.later(forMs, `client ${number} resume`, () =>
          this.#api.insist({ action: "resume", tenant }, (engine) =>
            resumeTask(engine, context, task, undefined),
          ),
        ),
    );
  }

  #context(tenant: string): TenantContext {
    return { tenant, actor: `user of ${tenant}`, role: "operator" };
  }
}
