import type { TakenBy } from "../../../functions/triggers/take-event.ts";
import type { BusEvent } from "../../../shared/event/trigger.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { FeedChange } from "../../../shared/ports/store.ts";
import type { EventWatch } from "../world/event-clients.ts";
import { hopsMax } from "../world/events-workload.ts";
import type { World } from "../world/world.ts";

const rule = "event once";

/** One instance for each trigger and event, however often and by whatever way the event comes. */
export class EventChecks implements EventWatch {
  readonly #world: World;
  /** Instances by tenant, trigger and event id. */
  readonly #made = new Map<string, string[]>();
  /** Events that an archive has sent again. */
  readonly #replayed = new Set<string>();
  readonly #put = new Set<string>();
  readonly #rested = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    world.store.watch((changes) => {
      for (const change of changes) this.#check(change);
    });
  }

  put(tenant: string, event: BusEvent): void {
    const key = `${tenant} ${event.id}`;
    this.#put.add(key);
    if (event["replay-name"] !== undefined) this.#replayed.add(key);
  }

  rested(tenant: string, trigger: string): void {
    this.#rested.add(`${tenant} ${trigger}`);
  }

  answered(tenant: string, event: BusEvent, taken: readonly TakenBy[]): void {
    for (const answer of taken) {
      if (answer.outcome !== "submitted") continue;
      if (answer.repeated) this.#world.saw("event found its instance");
      const made = this.#made.get(`${tenant} ${answer.trigger} ${event.id}`) ?? [];
      if (made.includes(answer.instanceId)) continue;
      this.#world.violate(rule, `${event.id} was answered with ${answer.instanceId}`);
    }
  }

  /** A message that was processed and deleted has had its effect, if its trigger never rested. */
  taken(body: string): void {
    if (!body.startsWith('{"kind":"event"')) return;
    const { tenant, trigger, event } = JSON.parse(body) as {
      readonly tenant: string;
      readonly trigger: string;
      readonly event: BusEvent;
    };
    if (this.#rested.has(`${tenant} ${trigger}`) || event.source !== "shop") return;
    if (event["replay-name"] !== undefined && trigger !== "again-too") return;
    const made = this.#made.get(`${tenant} ${trigger} ${event.id}`) ?? [];
    // For want of money, for instance; whoever watches the log knows.
    if (made.length > 0 || this.#world.refusedEvents.has(`${trigger} ${event.id}`)) return;
    this.#world.violate(
      "I25 no silent drop",
      `the event ${event.id} for ${trigger} was taken without an instance`,
    );
  }

  #check({ record }: FeedChange): void {
    if (record?.type !== "instance" || record.version !== 1) return;
    const { id, tenant, origin, task } = record.body as unknown as Instance;
    if (origin?.kind !== "event") return;
    const { trigger, eventId, hops } = origin;
    const key = `${tenant} ${trigger} ${eventId}`;
    const made = [...(this.#made.get(key) ?? []), id];
    this.#made.set(key, made);
    const isOwn = task === "ping" || task === "pong";
    if (!isOwn && !this.#put.has(`${tenant} ${eventId}`)) {
      this.#world.violate(rule, `${id} is for ${eventId}, which nobody put`);
    }
    const mayBeAgain = trigger === "again-too" && this.#replayed.has(`${tenant} ${eventId}`);
    if (made.length > (mayBeAgain ? 2 : 1)) {
      this.#world.violate(rule, `${trigger} made ${made.length} instances for ${eventId}`);
    }
    if (mayBeAgain && made.length === 2) this.#world.saw("event taken again from an archive");
    if (hops > hopsMax) this.#world.violate(rule, `${id} has ${hops} instances behind it`);
    if (hops === hopsMax) this.#world.saw("loop of triggers ended by its hops");
  }
}
