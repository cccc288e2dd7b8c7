import type * as z from "zod";
import type { BackfillPlan, BackfillView } from "../../shared/contract/http/backfill-views.ts";
import type { DeletedAnswer } from "../../shared/contract/http/pool-views.ts";
import type { ScheduleView, SlotView } from "../../shared/contract/http/schedule-views.ts";
import type { InstanceView } from "../../shared/contract/http/views.ts";
import type { BackfillRequest, ScheduleSpec } from "../../shared/schedule/schedule.ts";
import type { CallOptions } from "./client.ts";
import { openKeys } from "./idempotency-keys.ts";
import { type Listing, openListing, queryOf } from "./listing.ts";
import type { Ask } from "./read-calls.ts";

/** A schedule as one writes it; what is left out has defaults. */
export type ScheduleBody = z.input<typeof ScheduleSpec>;

/** A range of past slots to run; what is left out has defaults. */
export type BackfillBody = Omit<z.input<typeof BackfillRequest>, "dryRun">;

export interface ScheduleFilter {
  readonly task?: string | undefined;
  readonly group?: string | undefined;
  readonly state?: ScheduleView["state"] | undefined;
}

/** What is submitted by time. */
export interface SchedulesClient {
  /** Makes a schedule, or replaces what it says; the answer warns of what may not be meant so. */
  define(name: string, schedule: ScheduleBody, options?: CallOptions): Promise<ScheduleView>;
  list(filter?: ScheduleFilter, options?: CallOptions): Listing<ScheduleView>;
  show(name: string, options?: CallOptions): Promise<ScheduleView>;
  delete(name: string, options?: CallOptions): Promise<DeletedAnswer>;
  /** No slot fires until it is resumed. */
  pause(name: string, options?: CallOptions & { readonly reason?: string }): Promise<ScheduleView>;
  /** Slots fire again from now on; those that came meanwhile do not. */
  resume(name: string, options?: CallOptions & { readonly reason?: string }): Promise<ScheduleView>;
  /** Submits at once what its next slot would submit, and uses up no slot. */
  run(
    name: string,
    options?: CallOptions & { readonly idempotencyKey?: string },
  ): Promise<InstanceView>;
  /** What became of its slots, newest first. */
  slots(name: string, options?: CallOptions): Listing<SlotView>;
  /** Has past slots worked off. */
  backfill(name: string, range: BackfillBody, options?: CallOptions): Promise<BackfillView>;
  /** What a backfill would do; nothing is stored. */
  planBackfill(name: string, range: BackfillBody, options?: CallOptions): Promise<BackfillPlan>;
  /** Newest first. */
  backfills(name: string, options?: CallOptions): Listing<BackfillView>;
  showBackfill(name: string, id: string, options?: CallOptions): Promise<BackfillView>;
  /** It takes up no further slot; instances that were submitted go on. */
  cancelBackfill(
    name: string,
    id: string,
    options?: CallOptions & { readonly reason?: string },
  ): Promise<BackfillView>;
}

export function scheduleCalls(ask: Ask): SchedulesClient {
  const get = <Answer>(path: string, options: CallOptions | undefined): Promise<Answer> =>
    ask<Answer>({ method: "GET", path, repeatable: true, options });
  const post = <Answer>(
    path: string,
    body: object,
    options: CallOptions | undefined,
    repeatable = true,
  ): Promise<Answer> => ask<Answer>({ method: "POST", path, body, repeatable, options });
  return {
    define: (name, body, options) =>
      ask({ method: "PUT", path: pathOf(name), body, repeatable: true, options }),
    list: (filter = {}, options) =>
      openListing((cursor) => get(`/v1/schedules${queryOf({ ...filter, cursor })}`, options)),
    show: (name, options) => get(pathOf(name), options),
    delete: (name, options) =>
      // Repeated after a lost answer it would say that there is no such schedule.
      ask({ method: "DELETE", path: pathOf(name), repeatable: false, options }),
    pause: (name, options) => post(`${pathOf(name)}/pause`, reasonOf(options), options),
    resume: (name, options) => post(`${pathOf(name)}/resume`, reasonOf(options), options),
    run: (name, options) => {
      // With a key of its own, a repeat after a lost answer runs it no second time.
      const idempotencyKey = options?.idempotencyKey ?? openKeys(Date.now())(0);
      return post(`${pathOf(name)}/run`, { idempotencyKey }, options);
    },
    slots: (name, options) =>
      openListing((cursor) => get(`${pathOf(name)}/slots${queryOf({ cursor })}`, options)),
    // A repeat would be a second backfill.
    backfill: (name, range, options) => post(`${pathOf(name)}/backfill`, range, options, false),
    planBackfill: (name, range, options) =>
      post(`${pathOf(name)}/backfill`, { ...range, dryRun: true }, options),
    backfills: (name, options) =>
      openListing((cursor) => get(`${pathOf(name)}/backfills${queryOf({ cursor })}`, options)),
    showBackfill: (name, id, options) => get(backfillPath(name, id), options),
    cancelBackfill: (name, id, options) =>
      post(`${backfillPath(name, id)}/cancel`, reasonOf(options), options),
  };
}

function pathOf(name: string): string {
  return `/v1/schedules/${encodeURIComponent(name)}`;
}

function backfillPath(name: string, id: string): string {
  return `${pathOf(name)}/backfills/${encodeURIComponent(id)}`;
}

function reasonOf(options: { readonly reason?: string } | undefined): { reason?: string } {
  return options?.reason === undefined ? {} : { reason: options.reason };
}
