import { cancelBackfill, startBackfill } from "../../../functions/schedules/backfills.ts";
import {
  deleteSchedule,
  pauseScheduleByName,
  resumeScheduleByName,
} from "../../../functions/schedules/change-schedule.ts";
import { defineSchedule } from "../../../functions/schedules/define-schedule.ts";
import { runSchedule } from "../../../functions/schedules/run-schedule.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import {
  type Backfill,
  BackfillRequest,
  type Schedule,
  ScheduleSpec,
} from "../../../shared/schedule/schedule.ts";
import type { ApiCaller } from "./api-caller.ts";
import { type ScheduleAct, scheduleStories } from "./schedules-workload.ts";
import type { World } from "./world.ts";

/** What the checks hear of schedules, and what the clients may ask them. */
export interface ScheduleWatch {
  /** A change was acknowledged with what is stored. */
  acknowledged(schedule: Schedule): void;
  /** How many schedules of the name there have been, the present one included. */
  incarnation(tenant: string, name: string): number;
  /** A deletion was acknowledged that was asked for when there had been so many. */
  deleted(tenant: string, name: string, incarnation: number): void;
  cancelled(backfill: Backfill): void;
  /** Schedules that would fire for ever. */
  endless(): readonly { readonly tenant: string; readonly name: string }[];
}

/** People who define schedules, change them, ask for backfills, and clean up in the end. */
export class ScheduleClients {
  readonly #world: World;
  readonly #api: ApiCaller;
  readonly #watch: ScheduleWatch;

  constructor(world: World, api: ApiCaller, watch: ScheduleWatch) {
    this.#world = world;
    this.#api = api;
    this.#watch = watch;
  }

  start(): void {
    for (const { number, atMs, tenant, names, spec, acts } of scheduleStories(this.#world)) {
      for (const name of names) {
        this.#api.later(atMs, `story ${number}`, () =>
          this.#define(tenant, name, spec, () => this.#act(tenant, name, acts)),
        );
      }
    }
  }

  /** When all is over, nothing is left that fires for ever. */
  cleanUp(): void {
    this.#api.later(60_000, "schedules are cleaned up", () => {
      const endless = this.#watch.endless();
      for (const [place, { tenant, name }] of endless.entries()) {
        if (place % 2 === 0) this.#delete(tenant, name);
        else this.#pause(tenant, name, undefined);
      }
      // Who is still talking may bring another one, or this one back.
      if (this.#api.open > 0) this.cleanUp();
    });
  }

  #act(tenant: string, name: string, acts: readonly ScheduleAct[]): void {
    for (const act of acts) {
      this.#api.later(act.afterMs, `${act.kind} ${name}`, () => {
        if (act.kind === "pause") this.#pause(tenant, name, act.forMs);
        else if (act.kind === "define") this.#define(tenant, name, act.spec);
        else if (act.kind === "delete") this.#delete(tenant, name);
        else if (act.kind === "run") this.#run(tenant, name);
        else this.#backfill(tenant, name, act);
      });
    }
  }

  #define(tenant: string, name: string, spec: object, then: () => void = () => undefined): void {
    this.#api.insist(
      { action: "schedule", tenant },
      (engine) => defineSchedule(engine, context(tenant), name, ScheduleSpec.parse(spec)),
      ({ schedule }) => {
        this.#watch.acknowledged(schedule);
        then();
      },
      () => this.#world.saw("schedule refused"),
    );
  }

  #pause(tenant: string, name: string, forMs: number | undefined): void {
    this.#api.insist(
      { action: "schedule", tenant },
      (engine) => pauseScheduleByName(engine, context(tenant), name, undefined),
      (schedule) => {
        this.#watch.acknowledged(schedule);
        if (forMs === undefined) return;
        this.#api.later(forMs, `resume ${name}`, () =>
          this.#api.insist(
            { action: "schedule", tenant },
            (engine) => resumeScheduleByName(engine, context(tenant), name),
            (resumed) => this.#watch.acknowledged(resumed),
          ),
        );
      },
    );
  }

  #delete(tenant: string, name: string): void {
    const incarnation = this.#watch.incarnation(tenant, name);
    this.#api.insist(
      { action: "schedule", tenant },
      (engine) => deleteSchedule(engine, context(tenant), name),
      () => this.#watch.deleted(tenant, name, incarnation),
      // Not found: an earlier call had done it, and its answer was lost.
      () => this.#watch.deleted(tenant, name, incarnation),
    );
  }

  #run(tenant: string, name: string): void {
    this.#api.insist({ action: "schedule", tenant }, (engine) =>
      runSchedule(engine, context(tenant), name, `by hand ${name}`),
    );
  }

  #backfill(
    tenant: string,
    name: string,
    act: Extract<ScheduleAct, { readonly kind: "backfill" }>,
  ): void {
    const toMs = this.#world.wallMs() - act.agoMs;
    const iso = (atMs: number): string => new Date(atMs).toISOString();
    const range = { from: iso(toMs - act.rangeMs), to: iso(toMs) };
    const request = BackfillRequest.parse({ ...act.request, ...range });
    // Asked for once only: asking again would be another backfill.
    this.#api.ask(
      { action: "schedule", tenant },
      (engine) => startBackfill(engine, context(tenant), name, request),
      (ending) => {
        if (ending.outcome !== "returned" || act.cancelAfterMs === undefined) return;
        const { id } = ending.value;
        this.#api.later(act.cancelAfterMs, `cancel ${id}`, () =>
          this.#api.insist(
            { action: "schedule", tenant },
            (engine) => cancelBackfill(engine, context(tenant), name, id),
            (backfill) => this.#watch.cancelled(backfill),
          ),
        );
      },
    );
  }
}

function context(tenant: string): TenantContext {
  return { tenant, actor: `user of ${tenant}`, role: "operator" };
}
