import * as z from "zod";
import { IntakeMessage } from "../../shared/contract/messages.ts";
import { type MessageReading, parsedJson } from "../runtime/lambda/sqs-batch.ts";

/** What a message of the intake queue turned out to be. */
export type Arrival =
  | IntakeMessage
  /** Perhaps an event once; what is left of it says nothing. */
  | { readonly kind: "unreadable"; readonly reason: string };

/** The part by which an event of EventBridge is known when it comes as it is. */
const BareEvent = z.looseObject({
  id: z.string().min(1),
  "detail-type": z.string(),
  source: z.string(),
  detail: z.looseObject({}),
});

/**
 * Reads messages of our own form, and events that somebody sends to the queue as they are, which are
 * taken for the given tenant. Nothing is dropped here: what cannot be read is an arrival, too.
 */
export function arrivalReader(tenant: string): (body: string) => MessageReading<Arrival> {
  return (body) => ({ outcome: "read", value: arrivalOf(body, tenant) });
}

function arrivalOf(body: string, tenant: string): Arrival {
  const json = parsedJson(body);
  if (json === undefined) return { kind: "unreadable", reason: "it is not JSON" };
  const bare = BareEvent.safeParse(json);
  if (bare.success) return { kind: "event", tenant, event: bare.data };
  const message = IntakeMessage.safeParse(json);
  if (message.success) return message.data;
  return { kind: "unreadable", reason: z.prettifyError(message.error) };
}
