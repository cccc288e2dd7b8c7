import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { busEvents } from "../../../shared/contract/messages.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { Events, InstanceStateChanged } from "../../../shared/ports/events.ts";
import { type BusOptions, putOnBus } from "./put-on-bus.ts";

export interface EventBridgeEventsOptions extends BusOptions {
  /** Which state changes go out; each is paid for. */
  readonly which: "terminal" | "all" | "none";
}

/** State changes on an event bus, ten to a request, at least once each. */
export function openEventBridgeEvents(options: EventBridgeEventsOptions): Events {
  const wanted: Record<typeof options.which, (event: InstanceStateChanged) => boolean> = {
    all: () => true,
    none: () => false,
    terminal: (event) => isTerminal(event.to),
  };
  return {
    async publish(events) {
      const entries = events.filter(wanted[options.which]).map((event) => entryOf(options, event));
      await putOnBus(options, entries);
    },
  };
}

function entryOf(
  { busName }: EventBridgeEventsOptions,
  event: InstanceStateChanged,
): PutEventsRequestEntry {
  return {
    EventBusName: busName,
    Source: busEvents.source,
    DetailType: busEvents.instanceStateChanged,
    Time: new Date(event.atMs),
    Detail: JSON.stringify(event),
  };
}
