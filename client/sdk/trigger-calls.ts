import type * as z from "zod";
import type { EventsAnswer } from "../../shared/contract/http/event-views.ts";
import type { DeletedAnswer } from "../../shared/contract/http/pool-views.ts";
import type { PatternVerdict, TriggerView } from "../../shared/contract/http/trigger-views.ts";
import type { JsonObject } from "../../shared/core/json.ts";
import type { TriggerSpec } from "../../shared/event/trigger.ts";
import type { CallOptions } from "./client.ts";
import { type Listing, openListing, queryOf } from "./listing.ts";
import type { Ask } from "./read-calls.ts";

/** A trigger as one writes it; what is left out has defaults. */
export type TriggerBody = z.input<typeof TriggerSpec>;

/** One event. With an id of its own it can be put again without making anything twice. */
export interface EventEntry {
  readonly id?: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
  /** ISO 8601; default: now. */
  readonly time?: string;
  readonly resources?: readonly string[];
}

/** Triggers, which make instances of events. */
export interface TriggersClient {
  /** Makes a trigger, or replaces what it says. */
  define(name: string, trigger: TriggerBody, options?: CallOptions): Promise<TriggerView>;
  list(options?: CallOptions): Listing<TriggerView>;
  show(name: string, options?: CallOptions): Promise<TriggerView>;
  delete(name: string, options?: CallOptions): Promise<DeletedAnswer>;
  /** Events pass it by until it is resumed. */
  pause(name: string, options?: CallOptions & { readonly reason?: string }): Promise<TriggerView>;
  resume(name: string, options?: CallOptions): Promise<TriggerView>;
  /** Whether a pattern matches an event, and otherwise why not; nothing is stored or submitted. */
  test(pattern: object, event: object, options?: CallOptions): Promise<PatternVerdict>;
}

/** Events for triggers. */
export interface EventsClient {
  /** Puts up to ten events; each has its own answer, in their order. */
  put(events: readonly EventEntry[], options?: CallOptions): Promise<EventsAnswer>;
  /** Puts events in another known form: a whole event of EventBridge, or a CloudEvent. */
  putAs(body: JsonObject, options?: CallOptions): Promise<EventsAnswer>;
}

export interface TriggerCalls {
  readonly triggers: TriggersClient;
  readonly events: EventsClient;
}

export function triggerCalls(ask: Ask): TriggerCalls {
  const get = <Answer>(path: string, options: CallOptions | undefined): Promise<Answer> =>
    ask<Answer>({ method: "GET", path, repeatable: true, options });
  const post = <Answer>(
    path: string,
    body: object,
    options: CallOptions | undefined,
  ): Promise<Answer> => ask<Answer>({ method: "POST", path, body, repeatable: true, options });
  return {
    triggers: {
      define: (name, body, options) =>
        ask({ method: "PUT", path: triggerPath(name), body, repeatable: true, options }),
      list: (options) =>
        openListing((cursor) => get(`/v1/triggers${queryOf({ cursor })}`, options)),
      show: (name, options) => get(triggerPath(name), options),
      delete: (name, options) =>
        // Repeated after a lost answer it would say that there is no such trigger.
        ask({ method: "DELETE", path: triggerPath(name), repeatable: false, options }),
      pause: (name, options) =>
        post(`${triggerPath(name)}/pause`, reasonOf(options?.reason), options),
      resume: (name, options) => post(`${triggerPath(name)}/resume`, {}, options),
      test: (pattern, event, options) => post("/v1/triggers/test", { pattern, event }, options),
    },
    events: {
      put: (entries, options) => putEvents(ask, { entries }, entries.every(hasId), options),
      putAs: (body, options) => putEvents(ask, body, typeof body.id === "string", options),
    },
  };
}

/** Without ids of their own, events would be others when they are put again. */
function putEvents(
  ask: Ask,
  body: object,
  repeatable: boolean,
  options: CallOptions | undefined,
): Promise<EventsAnswer> {
  return ask({ method: "POST", path: "/v1/events", body, repeatable, options });
}

function hasId({ id }: EventEntry): boolean {
  return id !== undefined;
}

function reasonOf(reason: string | undefined): object {
  return reason === undefined ? {} : { reason };
}

function triggerPath(name: string): string {
  return `/v1/triggers/${encodeURIComponent(name)}`;
}
