import { busEvents } from "../../../shared/contract/messages.ts";
import type { Announcements } from "../../../shared/ports/announcements.ts";
import { type BusOptions, putOnBus } from "./put-on-bus.ts";

/**
 * Events of our own on an event bus. The bus gives them ids of its own; what tells a repeated one
 * apart stands in its detail.
 */
export function openEventBridgeAnnouncements(options: BusOptions): Announcements {
  return {
    async announce({ detailType, atMs, detail }) {
      const entry = {
        EventBusName: options.busName,
        Source: busEvents.source,
        DetailType: detailType,
        Time: new Date(atMs),
        Detail: JSON.stringify(detail),
      };
      await putOnBus(options, [entry]);
    },
  };
}
