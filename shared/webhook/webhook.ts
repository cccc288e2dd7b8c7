import * as z from "zod";
import { limits } from "../core/limits.ts";
import { boundedText, Name } from "../core/texts.ts";
import { instanceStates } from "../instance/moves.ts";

/** Body of `PUT /v1/webhooks/{name}`: who is told of state changes. */
export const WebhookSpec = z.strictObject({
  description: boundedText(limits.descriptionBytesMax).optional(),
  url: z.url().max(limits.webhookUrlCharsMax),
  /** Only changes to these states; default: every end. */
  states: z.array(z.enum(instanceStates)).min(1).max(instanceStates.length).optional(),
  tasks: z.array(Name).min(1).max(50).optional(),
  groups: z.array(Name).min(1).max(50).optional(),
  active: z.boolean().default(true),
});
export type WebhookSpec = z.infer<typeof WebhookSpec>;

export interface Webhook {
  readonly tenant: string;
  readonly name: string;
  readonly spec: WebhookSpec;
  /** Which of its keys signs; the one before it is still named in the headers for a while. */
  readonly keyNumber: number;
  readonly keyChangedAtMs: number;
  /** Its receiver said that it wants nothing more; ends with the next definition. */
  readonly gone?: { readonly atMs: number };
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

/** One message to one receiver, until it is taken or given up. */
export interface WebhookDelivery {
  readonly tenant: string;
  readonly webhook: string;
  /** Stable under redelivery; the receiver's key to notice doubles. */
  readonly id: string;
  readonly state: "waiting" | "delivered" | "given_up";
  /** The body as it is sent and signed. */
  readonly body: string;
  readonly tries: number;
  /** The instance that it tells of. */
  readonly instanceId: string;
  readonly createdAtMs: number;
  /** When somebody asked for all of its tries again. */
  readonly redeliveredAtMs?: number;
  readonly lastTry?: {
    readonly atMs: number;
    readonly status?: number;
    readonly error?: string;
    readonly durationMs: number;
  };
  /** When it is tried, or tried again; during a try, when that is given up. */
  readonly wakeAtMs?: number;
}
