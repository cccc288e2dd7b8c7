import { submitInstances } from "../../../functions/submission/submit-instances.ts";
import { defineTask } from "../../../functions/tasks/define-task.ts";
import { pauseTrigger, resumeTrigger } from "../../../functions/triggers/change-trigger.ts";
import { defineTrigger } from "../../../functions/triggers/define-trigger.ts";
import { type TakenBy, takeEvent } from "../../../functions/triggers/take-event.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import { type BusEvent, TriggerSpec } from "../../../shared/event/trigger.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import type { ApiCaller } from "./api-caller.ts";
import { type EventStory, echoTask, eventStories, triggerSpecs } from "./events-workload.ts";
import type { SimulatedBus } from "./simulated-bus.ts";
import { tenants } from "./workload.ts";
import type { World } from "./world.ts";

/** What the checks hear of events. */
export interface EventWatch {
  /** A trigger rests from here on, if it did not before. */
  rested(tenant: string, trigger: string): void;
  put(tenant: string, event: BusEvent): void;
  answered(tenant: string, event: BusEvent, taken: readonly TakenBy[]): void;
}

/** Programs that put events, an archive that sends them again, and people who let triggers rest. */
export class EventClients {
  readonly #world: World;
  readonly #api: ApiCaller;
  readonly #bus: SimulatedBus;
  readonly #watch: EventWatch;

  constructor(world: World, api: ApiCaller, bus: SimulatedBus, watch: EventWatch) {
    this.#world = world;
    this.#api = api;
    this.#bus = bus;
    this.#watch = watch;
  }

  /** Triggers need their tasks: called when those are there. */
  defineTriggers(): void {
    if (!this.#world.config.timed) return;
    this.#bus.open();
    for (const tenant of tenants) {
      let missing = 2;
      const defined = (): void => {
        missing -= 1;
        if (missing > 0) return;
        for (const [name, spec] of Object.entries(triggerSpecs)) {
          this.#api.insist({ action: "event", tenant }, (engine) =>
            defineTrigger(engine, context(tenant), name, TriggerSpec.parse(spec)),
          );
        }
      };
      for (const name of ["ping", "pong"]) {
        this.#api.insist(
          { action: "define", tenant },
          (engine) => defineTask(engine, context(tenant), name, TaskSpec.parse(echoTask)),
          defined,
        );
      }
    }
  }

  start(): void {
    for (const story of eventStories(this.#world)) {
      this.#api.later(story.atMs, `event story ${story.number}`, () => this.#tell(story));
    }
  }

  #tell({ tenant, way, events, replayAfterMs, echoes, pauseMs }: EventStory): void {
    for (const event of events) {
      if (way === "bus") this.#publish(tenant, event);
      else this.#put(tenant, event);
      if (replayAfterMs === undefined) continue;
      this.#api.later(replayAfterMs, `replay ${event.id}`, () => {
        this.#world.saw("event sent again by an archive");
        this.#publish(tenant, { ...event, "replay-name": "yesterday" });
      });
    }
    if (pauseMs !== undefined) this.#rest(tenant, "once", pauseMs);
    if (!echoes) return;
    this.#api.insist({ action: "submit", tenant }, (engine) =>
      submitInstances(engine, context(tenant), [{ task: "ping", input: { n: "echo" } }]),
    );
  }

  #publish(tenant: string, event: BusEvent): void {
    this.#watch.put(tenant, event);
    this.#bus.put(tenant, event);
  }

  /** As long as nobody answers, the event is put again. */
  #put(tenant: string, event: BusEvent): void {
    this.#watch.put(tenant, event);
    this.#api.insist(
      { action: "event", tenant },
      (engine) => takeEvent(engine, tenant, event),
      (taken) => this.#watch.answered(tenant, event, taken),
    );
  }

  #rest(tenant: string, trigger: string, forMs: number): void {
    this.#watch.rested(tenant, trigger);
    this.#api.insist(
      { action: "event", tenant },
      (engine) => pauseTrigger(engine, context(tenant), trigger, undefined),
      () =>
        this.#api.later(forMs, `resume ${trigger}`, () =>
          this.#api.insist({ action: "event", tenant }, (engine) =>
            resumeTrigger(engine, context(tenant), trigger),
          ),
        ),
    );
  }
}

function context(tenant: string): TenantContext {
  return { tenant, actor: `user of ${tenant}`, role: "operator" };
}
