import { TerminalError } from "../../shared/core/errors.ts";
import { lookAtGate } from "../gates/look-at-gate.ts";
import type { Engine } from "../runtime/engine.ts";
import { takeEvent } from "../triggers/take-event.ts";
import type { Arrival } from "./arrival.ts";
import { lookAtBackfill } from "./look-at-backfill.ts";
import { lookAtSchedule } from "./look-at-schedule.ts";

/** Sees to each arrival, all at the same time; answers with those that failed, and why. */
export async function takeArrivals(
  engine: Engine,
  arrivals: readonly Arrival[],
): Promise<ReadonlyMap<Arrival, unknown>> {
  // A firing and a hint of the same moment are one look.
  const looks = new Map<string, Promise<void>>();
  const settled = await Promise.allSettled(
    arrivals.map((arrival) => {
      const name = nameOf(arrival);
      if (name === undefined) return take(engine, arrival);
      const look = looks.get(name) ?? take(engine, arrival);
      looks.set(name, look);
      return look;
    }),
  );
  const failures = new Map<Arrival, unknown>();
  for (const [index, arrival] of arrivals.entries()) {
    const result = settled[index];
    if (result?.status === "rejected") failures.set(arrival, result.reason);
  }
  return failures;
}

/** The same for arrivals that ask for the same; events are each something of their own. */
function nameOf(arrival: Arrival): string | undefined {
  if (arrival.kind === "events" || arrival.kind === "unreadable") return undefined;
  const { kind, tenant, name } = arrival;
  return [kind, tenant, name, "id" in arrival ? arrival.id : ""].join("#");
}

async function take(engine: Engine, arrival: Arrival): Promise<void> {
  switch (arrival.kind) {
    case "schedule": {
      const { tenant, name, generation, scheduledTime, executionId } = arrival;
      if (executionId !== undefined) {
        engine.log.debug("schedule fired", { schedule: name, generation, scheduledTime });
      }
      return lookAtSchedule(engine, tenant, name);
    }
    case "backfill":
      return lookAtBackfill(engine, arrival.tenant, arrival.name, arrival.id);
    case "gate":
      return lookAtGate(engine, arrival.tenant, arrival.name, arrival.id);
    case "events": {
      const { tenant, trigger, events, complaint } = arrival;
      for (const event of events) await takeEvent(engine, tenant, event, trigger);
      if (complaint !== undefined) throw new TerminalError(`not all of it is events: ${complaint}`);
      return undefined;
    }
    case "unreadable":
      engine.metrics?.put({ MessagesUnreadable: 1 });
      throw new TerminalError(`the message is unreadable: ${arrival.reason}`);
  }
}
