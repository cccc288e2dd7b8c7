import { busEvents } from "../contract/messages.ts";
import type { JsonObject } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import type { InstanceStateChanged } from "../instance/state-changes.ts";
import type { BusEvent } from "./trigger.ts";

/** A change of state in the form in which EventBridge delivers it; its id is the same when it comes again. */
export function stateChangeEvent(change: InstanceStateChanged): BusEvent {
  return ownEvent(
    change.dedupKey,
    busEvents.instanceStateChanged,
    change.atMs,
    change as unknown as JsonObject,
  );
}

/** An event of our own, where no bus gives it its form. */
export function ownEvent(
  id: string,
  detailType: string,
  atMs: number,
  detail: JsonObject,
): BusEvent {
  return {
    version: "0",
    id,
    "detail-type": detailType,
    source: busEvents.source,
    account: "",
    time: new Date(atMs).toISOString(),
    region: "",
    resources: [],
    detail,
  };
}

/** An event as the JSON that patterns and templates look into. */
export function jsonOf(event: BusEvent): JsonObject {
  // The type's optional fields are absent rather than undefined, as in any JSON.
  return event as unknown as JsonObject;
}

/** Sources that nobody but this control plane may name. */
export function isOwnSource(source: string): boolean {
  return source === busEvents.source || source.startsWith(`${busEvents.source}.`);
}

/** How far from somebody else's event an instance is that this event makes, or why it makes none. */
export type EventHops = { readonly hops: number } | { readonly reason: string };

/** Our own events count how often they have led to themselves; and they are of one tenant. */
export function hopsOf({ source, detail }: BusEvent, tenant: string): EventHops {
  if (!isOwnSource(source)) return { hops: 0 };
  if (detail.tenant !== tenant) return { reason: "it is about another tenant" };
  const { hops } = detail;
  if (typeof hops !== "number" || !Number.isInteger(hops) || hops < 0) {
    return { reason: "it does not say how many instances lie behind it" };
  }
  if (hops >= limits.eventHopsMax) {
    return {
      reason: `${limits.eventHopsMax} instances lie behind it already, which looks like a loop`,
    };
  }
  return { hops: hops + 1 };
}

/**
 * What tells an event from others, however often and by whatever way it comes. Our own events may be
 * put on a bus twice, so theirs is not the bus's id. What an archive sends again is another event.
 */
export function identityOf({ id, source, detail, ...event }: BusEvent): string {
  const { dedupKey } = detail;
  const own = isOwnSource(source) && typeof dedupKey === "string" ? dedupKey : id;
  return JSON.stringify([source, own, event["replay-name"] ?? ""]);
}
