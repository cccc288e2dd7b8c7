import type * as z from "zod";
import type { FindingView } from "../../shared/contract/http/finding-views.ts";
import type { DeletedAnswer } from "../../shared/contract/http/pool-views.ts";
import type {
  WebhookDeliveryView,
  WebhookSecretView,
  WebhookTestView,
  WebhookView,
} from "../../shared/contract/http/webhook-views.ts";
import type { WebhookSpec } from "../../shared/webhook/webhook.ts";
import type { CallOptions } from "./client.ts";
import { type Listing, openListing, queryOf } from "./listing.ts";
import type { Ask } from "./read-calls.ts";

/** A webhook as one writes it; what is left out has defaults. */
export type WebhookBody = z.input<typeof WebhookSpec>;

/** Who is told of state changes, by signed messages. */
export interface WebhooksClient {
  /** Makes a webhook, or replaces what it says; its secret stays. */
  define(name: string, webhook: WebhookBody, options?: CallOptions): Promise<WebhookView>;
  list(options?: CallOptions): Listing<WebhookView>;
  show(name: string, options?: CallOptions): Promise<WebhookView>;
  delete(name: string, options?: CallOptions): Promise<DeletedAnswer>;
  /** Sends a signed message that says nothing, and answers what came back. */
  test(name: string, options?: CallOptions): Promise<WebhookTestView>;
  /** Gives it a new secret; for a day the old one signs, too. Not repeated by itself. */
  rotate(name: string, options?: CallOptions): Promise<WebhookView>;
  secret(name: string, options?: CallOptions): Promise<WebhookSecretView>;
  /** Newest first. */
  deliveries(name: string, options?: CallOptions): Listing<WebhookDeliveryView>;
  /** Sends a message again, with all its tries. */
  redeliver(name: string, id: string, options?: CallOptions): Promise<WebhookDeliveryView>;
}

export function webhookCalls(ask: Ask): WebhooksClient {
  const get = <Answer>(path: string, options: CallOptions | undefined): Promise<Answer> =>
    ask<Answer>({ method: "GET", path, repeatable: true, options });
  const post = <Answer>(
    path: string,
    repeatable: boolean,
    options: CallOptions | undefined,
  ): Promise<Answer> => ask<Answer>({ method: "POST", path, repeatable, options });
  return {
    define: (name, body, options) =>
      ask({ method: "PUT", path: webhookPath(name), body, repeatable: true, options }),
    list: (options) => openListing((cursor) => get(`/v1/webhooks${queryOf({ cursor })}`, options)),
    show: (name, options) => get(webhookPath(name), options),
    delete: (name, options) =>
      // Repeated after a lost answer it would say that there is no such webhook.
      ask({ method: "DELETE", path: webhookPath(name), repeatable: false, options }),
    test: (name, options) => post(`${webhookPath(name)}/test`, true, options),
    // Twice would end the old secret at once.
    rotate: (name, options) => post(`${webhookPath(name)}/rotate`, false, options),
    secret: (name, options) => get(`${webhookPath(name)}/secret`, options),
    deliveries: (name, options) =>
      openListing((cursor) =>
        get(`${webhookPath(name)}/deliveries${queryOf({ cursor })}`, options),
      ),
    redeliver: (name, id, options) =>
      post(`${webhookPath(name)}/deliveries/${encodeURIComponent(id)}/redeliver`, true, options),
  };
}

/** Which findings. */
export interface FindingFilter {
  readonly state?: FindingView["state"] | undefined;
  /** About the tenant's schedules (the default), or about the system itself. */
  readonly scope?: "tenant" | "system" | undefined;
}

/** What should have happened and has not. */
export interface FindingsClient {
  /** Newest first. */
  list(filter?: FindingFilter, options?: CallOptions): Listing<FindingView>;
  /** Says that somebody takes care of it; the first one stays. */
  acknowledge(id: string, options?: CallOptions & { readonly note?: string }): Promise<FindingView>;
}

export function findingCalls(ask: Ask): FindingsClient {
  return {
    list: ({ state, scope } = {}, options) =>
      openListing((cursor) =>
        ask({
          method: "GET",
          path: `/v1/findings${queryOf({ state, scope, cursor })}`,
          repeatable: true,
          options,
        }),
      ),
    acknowledge: (id, { note, ...options } = {}) =>
      ask({
        method: "POST",
        path: `/v1/findings/${encodeURIComponent(id)}/acknowledge`,
        body: note === undefined ? {} : { note },
        repeatable: true,
        options,
      }),
  };
}

function webhookPath(name: string): string {
  return `/v1/webhooks/${encodeURIComponent(name)}`;
}
