import type * as z from "zod";
import type { BudgetView } from "../../shared/contract/http/budget-views.ts";
import type { GroupView, TenantView } from "../../shared/contract/http/group-views.ts";
import type { DeletedAnswer } from "../../shared/contract/http/pool-views.ts";
import type { InstanceView } from "../../shared/contract/http/views.ts";
import type { GroupSpec, TenantSpec } from "../../shared/group/group.ts";
import type { CallOptions } from "./client.ts";
import { type Listing, openListing, queryOf } from "./listing.ts";
import type { Ask } from "./read-calls.ts";

/** A group as one writes it; what is left out has no bound. */
export type GroupBody = z.input<typeof GroupSpec>;
/** What bounds the tenant; what is left out has no bound. */
export type TenantBody = z.input<typeof TenantSpec>;

/** Groups: bounds, backends and money that some instances share. */
export interface GroupsClient {
  /** Makes a group, or replaces what it says. */
  define(name: string, group: GroupBody, options?: CallOptions): Promise<GroupView>;
  list(options?: CallOptions): Listing<GroupView>;
  /** The group, and how much of it is in use. */
  show(name: string, options?: CallOptions): Promise<GroupView>;
  /** Refused while tasks or open instances name it. */
  delete(name: string, options?: CallOptions): Promise<DeletedAnswer>;
}

/** What bounds everything of the tenant together. */
export interface TenantClient {
  show(options?: CallOptions): Promise<TenantView>;
  /** Replaces all bounds. */
  set(bounds: TenantBody, options?: CallOptions): Promise<TenantView>;
}

/** What may be spent a day. Names are `tenant`, `group/<name>` and `task/<name>`. */
export interface BudgetsClient {
  list(options?: CallOptions): Listing<BudgetView>;
  /** The budget with its last days. */
  show(name: string, options?: CallOptions & { readonly days?: number }): Promise<BudgetView>;
}

/** The calls of groups, of the tenant and of money. */
export interface GroupCalls {
  readonly groups: GroupsClient;
  readonly tenant: TenantClient;
  readonly budgets: BudgetsClient;
  /** Lets an instance start that waits for approval to pass an exhausted budget. */
  approve(id: string, options?: CallOptions & { readonly reason?: string }): Promise<InstanceView>;
}

export function groupCalls(ask: Ask): GroupCalls {
  const get = <Answer>(path: string, options: CallOptions | undefined): Promise<Answer> =>
    ask<Answer>({ method: "GET", path, repeatable: true, options });
  return {
    groups: {
      define: (name, body, options) =>
        ask({ method: "PUT", path: groupPath(name), body, repeatable: true, options }),
      list: (options) => openListing((cursor) => get(`/v1/groups${queryOf({ cursor })}`, options)),
      show: (name, options) => get(groupPath(name), options),
      delete: (name, options) =>
        // Repeated after a lost answer it would say that there is no such group.
        ask({ method: "DELETE", path: groupPath(name), repeatable: false, options }),
    },
    tenant: {
      show: (options) => get("/v1/tenant", options),
      set: (body, options) =>
        ask({ method: "PUT", path: "/v1/tenant", body, repeatable: true, options }),
    },
    budgets: {
      list: (options) => openListing((cursor) => get(`/v1/budgets${queryOf({ cursor })}`, options)),
      show: (name, options) => {
        const path = `/v1/budgets/${encodeURIComponent(name.replace("/", ":"))}`;
        return get(`${path}${queryOf({ days: options?.days })}`, options);
      },
    },
    approve: (id, options) => {
      const path = `/v1/instances/${encodeURIComponent(id)}/approve`;
      const body = options?.reason === undefined ? {} : { reason: options.reason };
      return ask({ method: "POST", path, body, repeatable: true, options });
    },
  };
}

function groupPath(name: string): string {
  return `/v1/groups/${encodeURIComponent(name)}`;
}
