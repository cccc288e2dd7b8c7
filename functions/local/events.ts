import { TransientError } from "../../shared/core/errors.ts";
import { ownEvent, stateChangeEvent } from "../../shared/event/own-events.ts";
import type { BusEvent } from "../../shared/event/trigger.ts";
import { isTerminal } from "../../shared/instance/moves.ts";
import type { Announcements } from "../../shared/ports/announcements.ts";
import type { Events } from "../../shared/ports/events.ts";
import type { Engine } from "../runtime/engine.ts";
import { takeEvent } from "../triggers/take-event.ts";

/** Events taken at the same time. */
const atOnceMax = 20;

/**
 * What the bus is on AWS: brings our own events to the triggers, at least once. As there by default,
 * of the changes of state only those that end an instance are events.
 */
export function openLocalBus(engineOf: () => Engine): Events & Announcements {
  return {
    async publish(changes) {
      const engine = engineOf();
      const ends = changes.filter(({ to }) => isTerminal(to));
      for (let from = 0; from < ends.length; from += atOnceMax) {
        const part = ends.slice(from, from + atOnceMax);
        await Promise.all(
          part.map((change) => deliver(engine, change.tenant, stateChangeEvent(change))),
        );
      }
    },
    async announce({ id, tenant, detailType, atMs, detail }) {
      await deliver(engineOf(), tenant, ownEvent(id, detailType, atMs, detail));
    },
  };
}

/** Faults that pass are thrown, so that the event comes again; one that never passes must not stop the rest. */
async function deliver(engine: Engine, tenant: string, event: BusEvent): Promise<void> {
  try {
    const triggers = await engine.triggers?.all(tenant);
    if (triggers?.length === 0) return;
    await takeEvent(engine, tenant, event);
  } catch (error) {
    if (error instanceof TransientError) throw error;
    engine.log.error("event of our own was lost", {
      eventId: event.id,
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}
