import { limits } from "../../../shared/core/limits.ts";
import type { BusEvent } from "../../../shared/event/trigger.ts";
import type { World } from "./world.ts";

/** The triggers that each tenant has in a run with events, by name; nobody deletes them. */
export const triggerSpecs: Readonly<Record<string, object>> = {
  // Takes what an archive sends again, as an event of its own.
  "again-too": {
    pattern: { source: ["shop"], detail: { kind: ["order"] } },
    task: "either",
    input: { n: "again {{event.id}}" },
    replays: true,
  },
  once: {
    pattern: { source: ["shop"], detail: { kind: [{ prefix: "or" }] } },
    task: "function",
    input: { n: "once {{event.id}}" },
  },
  // Each of these two makes what the other waits for: only the count of hops ends it.
  ping: {
    pattern: { detail: { task: ["pong"], to: ["succeeded", "failed"] } },
    task: "ping",
    input: { n: "ping {{event.detail.dedupKey}}" },
  },
  pong: {
    pattern: { detail: { task: ["ping"], to: ["succeeded", "failed"] } },
    task: "pong",
    input: { n: "pong {{event.detail.dedupKey}}" },
  },
};

/** What the triggers that answer each other run. */
export const echoTask = {
  run: { lambda: { functionArn: "arn:aws:lambda:eu-west-1:123456789012:function:echo:live" } },
  timeoutSeconds: 5,
  retry: { maxAttempts: 1 },
};

/** No instance may have more of them behind it. */
export const hopsMax = limits.eventHopsMax;

/** Somebody puts events: by the API, or on the bus. */
export interface EventStory {
  readonly number: number;
  readonly atMs: number;
  readonly tenant: string;
  readonly way: "api" | "bus";
  readonly events: readonly BusEvent[];
  /** An archive sends them again, so much later. */
  readonly replayAfterMs?: number;
  /** Begins what the two triggers then do for each other. */
  readonly echoes: boolean;
  /** A trigger rests for a while. */
  readonly pauseMs?: number;
}

/** They go with the commands of the same numbers, so that leaving some out changes no other. */
export function eventStories(world: World): readonly EventStory[] {
  const { timed, commands, onlyCommands, faultMinutes, feedWindowMs } = world.config;
  if (!timed) return [];
  const numbers = onlyCommands ?? Array.from({ length: commands }, (_, number) => number);
  const told = numbers.filter((number) => world.random("event story", number).chance(0.4));
  return told.map((number) => {
    const random = world.random("event", number);
    // Few ids, so that some come again by themselves.
    const events = Array.from({ length: random.int(1, 3) }, () =>
      shopEvent(`order-${random.int(0, 11)}`),
    );
    return {
      number,
      atMs: 30_000 + Math.round(random.next() * faultMinutes * 54_000),
      tenant: random.pick(["acme", "acme", "bravo"]),
      way: random.pick(["api", "bus", "bus"]),
      events,
      ...(random.chance(0.4) ? { replayAfterMs: random.int(5_000, 200_000) } : {}),
      // Each answer takes the feed a window.
      echoes: random.chance(0.15) && feedWindowMs < 100_000,
      ...(random.chance(0.15) ? { pauseMs: random.int(5_000, 100_000) } : {}),
    };
  });
}

function shopEvent(id: string): BusEvent {
  return {
    version: "0",
    id,
    "detail-type": "Order Placed",
    source: "shop",
    account: "",
    time: "2026-11-20T09:00:00Z",
    region: "",
    resources: [],
    detail: { kind: "order" },
  };
}
