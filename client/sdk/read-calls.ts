import type { InstanceState } from "../../shared/instance/moves.ts";
import type { CallOptions, InstanceFilter, SwitchyardClient } from "./client.ts";
import { openListing, pagesOf, queryOf } from "./listing.ts";
import type { ApiRequest, RequestSender } from "./request-sender.ts";

/** Sends one request and takes the answer for what the contract says it is. */
export type Ask = <Answer>(
  request: Omit<ApiRequest, "body" | "signal"> & {
    readonly body?: object;
    readonly options: CallOptions | undefined;
  },
) => Promise<Answer>;

export function askWith(sender: RequestSender): Ask {
  return async <Answer>({ body, options, ...request }: Parameters<Ask>[0]): Promise<Answer> => {
    const answer = await sender.requestJson({
      ...request,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: options?.signal,
    });
    // Both sides are built from one contract; a stranger's answer was refused by its status or form.
    return answer as Answer;
  };
}

export function instancePath(id: string): string {
  return `/v1/instances/${encodeURIComponent(id)}`;
}

export function taskPath(name: string): string {
  return `/v1/tasks/${encodeURIComponent(name)}`;
}

type ReadCalls = Pick<
  SwitchyardClient,
  | "list"
  | "history"
  | "routing"
  | "why"
  | "logs"
  | "tasks"
  | "task"
  | "versions"
  | "stats"
  | "placement"
> &
  Pick<SwitchyardClient, "doctor" | "health">;

/** The calls that only look. */
export function readCalls(ask: Ask): ReadCalls {
  const get = <Answer>(
    path: string,
    options: CallOptions | undefined,
    more: Pick<ApiRequest, "acceptStatus"> = {},
  ): Promise<Answer> => ask<Answer>({ method: "GET", path, repeatable: true, options, ...more });
  return {
    list: (filter = {}, options) =>
      openListing((cursor) =>
        get(`/v1/instances${queryOf({ ...filterQuery(filter), cursor })}`, options),
      ),
    history: (id, options) => get(`${instancePath(id)}/history`, options),
    routing: (id, options) => get(`${instancePath(id)}/routing`, options),
    why: (id, options) => get(`${instancePath(id)}/why`, options),
    logs: (id, options) => get(`${instancePath(id)}/logs`, options),
    tasks: (options) => openListing((cursor) => get(`/v1/tasks${queryOf({ cursor })}`, options)),
    task: (name, options) => get(taskPath(name), options),
    versions: (name, options) =>
      openListing((cursor) => get(`${taskPath(name)}/versions${queryOf({ cursor })}`, options)),
    stats: (name, options) =>
      get(`${taskPath(name)}/stats${queryOf({ hours: options?.hours })}`, options),
    placement: (name, options) => get(`${taskPath(name)}/placement`, options),
    doctor: (options) =>
      pagesOf((cursor) => get(`/v1/doctor${queryOf({ limit: 500, cursor })}`, options)),
    // A part that is down is an answer to this question, not a failure to give one.
    health: (options) => get("/v1/health", options, { acceptStatus: 503 }),
  };
}

function filterQuery(filter: InstanceFilter) {
  const { task, state, group, colour, tag, since, until, q, limit } = filter;
  return {
    task,
    state: typeof state === "string" ? state : stateList(state),
    group,
    colour,
    tag,
    since: instantText(since),
    until: instantText(until),
    q,
    limit,
  };
}

function stateList(states: readonly InstanceState[] | undefined): string | undefined {
  return states === undefined || states.length === 0 ? undefined : states.join(",");
}

export function instantText(instant: Date | string | undefined): string | undefined {
  return instant instanceof Date ? instant.toISOString() : instant;
}
