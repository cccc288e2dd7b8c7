import type * as z from "zod";
import type { GroupView, TenantView } from "../../shared/contract/http/group-views.ts";
import type { HolderView, LimitView } from "../../shared/contract/http/limit-views.ts";
import type { DeletedAnswer } from "../../shared/contract/http/pool-views.ts";
import type { LimitSpec } from "../../shared/limit/limit.ts";
import type { CallOptions } from "./client.ts";
import { type Listing, openListing, queryOf } from "./listing.ts";
import type { Ask } from "./read-calls.ts";

/** A limit as one writes it; what is left out has defaults. */
export type LimitBody = z.input<typeof LimitSpec>;

type KeyOptions = CallOptions & { readonly key?: string };
type ReasonOptions = CallOptions & { readonly reason?: string };

/** Bounds that tasks share. */
export interface LimitsClient {
  /** Makes a limit, or replaces what it says. */
  define(name: string, limit: LimitBody, options?: CallOptions): Promise<LimitView>;
  list(options?: CallOptions): Listing<LimitView>;
  /** The limit, and how much of it (of one of its keys) is in use. */
  show(name: string, options?: KeyOptions): Promise<LimitView>;
  /** Refused while the newest version of a task names it. */
  delete(name: string, options?: CallOptions): Promise<DeletedAnswer>;
  /** Who holds its slots, the longest first. */
  holders(name: string, options?: KeyOptions): Listing<HolderView>;
}

/** What switching everything off did. */
export interface SwitchedOff extends Pick<TenantView, "tenant" | "stopped"> {
  readonly cancelled: number;
  /** False while more may run: asked again, more are cancelled. */
  readonly complete: boolean;
}

/** The switches that hold back a group, or everything. */
export interface SwitchesClient {
  pauseGroup(name: string, options?: ReasonOptions): Promise<GroupView>;
  resumeGroup(name: string, options?: ReasonOptions): Promise<GroupView>;
  /** Nothing is started any more; everything is still accepted. */
  pause(options?: ReasonOptions): Promise<TenantView>;
  /** After a pause, or after everything was switched off. */
  resume(options?: ReasonOptions): Promise<TenantView>;
  /** Nothing is started or accepted any more. */
  off(options?: ReasonOptions & { readonly cancelRunning?: boolean }): Promise<SwitchedOff>;
}

export function limitCalls(ask: Ask): LimitsClient {
  const get = <Answer>(path: string, options: CallOptions | undefined): Promise<Answer> =>
    ask<Answer>({ method: "GET", path, repeatable: true, options });
  return {
    define: (name, body, options) =>
      ask({ method: "PUT", path: limitPath(name), body, repeatable: true, options }),
    list: (options) => openListing((cursor) => get(`/v1/limits${queryOf({ cursor })}`, options)),
    show: (name, options) => get(`${limitPath(name)}${queryOf({ key: options?.key })}`, options),
    delete: (name, options) =>
      // Repeated after a lost answer it would say that there is no such limit.
      ask({ method: "DELETE", path: limitPath(name), repeatable: false, options }),
    holders: (name, options) =>
      openListing((cursor) =>
        get(`${limitPath(name)}/holders${queryOf({ key: options?.key, cursor })}`, options),
      ),
  };
}

export function switchCalls(ask: Ask): SwitchesClient {
  const post = <Answer>(path: string, options: ReasonOptions = {}, more: object = {}) => {
    const { reason } = options;
    const body = { ...(reason === undefined ? {} : { reason }), ...more };
    return ask<Answer>({ method: "POST", path, body, repeatable: true, options });
  };
  return {
    pauseGroup: (name, options) => post(`/v1/groups/${encodeURIComponent(name)}/pause`, options),
    resumeGroup: (name, options) => post(`/v1/groups/${encodeURIComponent(name)}/resume`, options),
    pause: (options) => post("/v1/tenant/pause", options),
    resume: (options) => post("/v1/tenant/resume", options),
    off: (options) =>
      post(
        "/v1/tenant/off",
        options,
        options?.cancelRunning === undefined ? {} : { cancelRunning: options.cancelRunning },
      ),
  };
}

function limitPath(name: string): string {
  return `/v1/limits/${encodeURIComponent(name)}`;
}
