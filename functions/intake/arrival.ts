import * as z from "zod";
import { IntakeMessage } from "../../shared/contract/messages.ts";
import type { JsonValue } from "../../shared/core/json.ts";
import { isEvent, readEventShapes } from "../../shared/event/event-shapes.ts";
import { soundEvent } from "../../shared/event/sound-event.ts";
import type { BusEvent } from "../../shared/event/trigger.ts";
import type { Engine } from "../runtime/engine.ts";
import { type MessageReading, parsedJson } from "../runtime/lambda/sqs-batch.ts";

/** What a message of the intake queue turned out to be. */
export type Arrival =
  | Exclude<IntakeMessage, { kind: "event" }>
  | {
      readonly kind: "events";
      readonly tenant: string;
      readonly trigger?: string | undefined;
      readonly events: readonly BusEvent[];
      /** What is wrong with the others of the same message. */
      readonly complaint?: string;
    }
  /** Perhaps an event once; what is left of it says nothing. */
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * Reads messages of our own form, and events in the forms in which queues, topics and buckets send
 * them, which are taken for the given tenant. Nothing is dropped here: what cannot be read is an
 * arrival, too.
 */
export function arrivalReader(
  engine: Pick<Engine, "clock" | "ids">,
  tenant: string,
): (body: string) => MessageReading<Arrival> {
  return (body) => ({ outcome: "read", value: arrivalOf(engine, body, tenant) });
}

function arrivalOf(engine: Pick<Engine, "clock" | "ids">, body: string, tenant: string): Arrival {
  const json = parsedJson(body);
  if (json === undefined) return { kind: "unreadable", reason: "it is not JSON" };
  if (!isOurs(json)) return foreign(engine, body, json as JsonValue, tenant);
  const message = IntakeMessage.safeParse(json);
  if (!message.success) return { kind: "unreadable", reason: z.prettifyError(message.error) };
  if (message.data.kind !== "event") return message.data;
  const { event, ...rest } = message.data;
  const sound = soundEvent(event);
  return "event" in sound
    ? { ...rest, kind: "events", events: [sound.event] }
    : { kind: "unreadable", reason: sound.reason };
}

function isOurs(json: unknown): boolean {
  return typeof json === "object" && json !== null && "kind" in json;
}

/** An event without an id gets one that follows from the message, or it would be another each time. */
function foreign(
  { clock, ids }: Pick<Engine, "clock" | "ids">,
  body: string,
  json: JsonValue,
  tenant: string,
): Arrival {
  let count = 0;
  const read = readEventShapes(json, {
    nowMs: clock.now(),
    newId: () => ids.fingerprint(`${count++}#${body}`),
    fingerprint: (text) => ids.fingerprint(text),
  });
  const wrong = read.find((each) => !isEvent(each));
  const complaint = wrong === undefined || isEvent(wrong) ? {} : { complaint: wrong.detail };
  return { kind: "events", tenant, events: read.filter(isEvent), ...complaint };
}
