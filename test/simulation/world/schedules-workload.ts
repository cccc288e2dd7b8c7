import type { RandomStream } from "../engine/random-stream.ts";
import type { World } from "./world.ts";

/** What somebody does with a schedule that is there, counted from its definition. */
export type ScheduleAct = { readonly afterMs: number } & (
  | { readonly kind: "pause"; readonly forMs: number }
  | { readonly kind: "define"; readonly spec: object }
  | { readonly kind: "delete" }
  | { readonly kind: "run" }
  | {
      readonly kind: "backfill";
      /** How long ago its range ends, and how long it is. */
      readonly agoMs: number;
      readonly rangeMs: number;
      readonly request: object;
      readonly cancelAfterMs?: number;
    }
);

/** A schedule, and what becomes of it. */
export interface ScheduleStory {
  readonly number: number;
  readonly atMs: number;
  readonly tenant: string;
  readonly names: readonly string[];
  readonly spec: object;
  readonly acts: readonly ScheduleAct[];
}

const storiesMax = 3;
/** How many schedules come due at one instant when many do. */
const herdSize = 12;

/** They go with the commands of the same numbers, so that leaving some out changes no other. */
export function scheduleStories(world: World): readonly ScheduleStory[] {
  const { timed, commands, onlyCommands } = world.config;
  if (!timed) return [];
  const numbers = onlyCommands ?? Array.from({ length: commands }, (_, number) => number);
  const told = numbers.filter((number) => world.random("story", number).chance(0.55));
  return told.slice(0, storiesMax).map((number) => storyOf(world, number));
}

function storyOf(world: World, number: number): ScheduleStory {
  const random = world.random("schedule", number);
  const { faultMinutes } = world.config;
  const base = {
    number,
    atMs: Math.round(random.next() * faultMinutes * 36_000),
    tenant: random.pick(["acme", "acme", "bravo"]),
  };
  if (random.chance(0.08)) {
    const atMs = Math.ceil((base.atMs + 45_000) / 60_000) * 60_000;
    const names = Array.from({ length: herdSize }, (_, place) => `herd-${place}`);
    return {
      ...base,
      names,
      spec: { ...specOf(world, random), expression: at(world, atMs) },
      acts: [],
    };
  }
  const spec = specOf(world, random);
  const acts = Array.from({ length: random.int(0, 3) }, () => actOf(world, random, spec));
  // Few names, so that one story meets the other.
  return { ...base, names: [`clock-${random.int(0, 2)}`], spec, acts };
}

function specOf(world: World, random: RandomStream): object {
  const { faultMinutes } = world.config;
  const endMs = faultMinutes * 60_000 + random.int(-60_000, 360_000);
  const startMs = random.int(0, faultMinutes * 60_000);
  return {
    expression: expressionOf(world, random),
    timezone: random.pick(["UTC", world.config.changingZone ?? "Asia/Kathmandu"]),
    ...(random.chance(0.6) ? { endAt: iso(world, endMs) } : {}),
    ...(random.chance(0.15) ? { startAt: iso(world, startMs) } : {}),
    ...(random.chance(0.3) ? { jitterSeconds: random.int(1, 40) } : {}),
    ...mannersOf(random),
  };
}

/** What may change without the slots becoming others. */
function mannersOf(random: RandomStream): object {
  return {
    overlap: random.pick(["allow", "skip", "queue_one", "cancel_running"]),
    misfire: {
      policy: random.pick(["skip", "fire_once", "catch_up"]),
      max: random.int(1, 3),
      graceSeconds: random.pick([60, 60, 120]),
    },
    task: random.pick(["function", "either", "either", "fetched"]),
    input: { n: `s{{nominal.epochSeconds}}` },
    ...(random.chance(0.3) ? { priority: random.int(0, 9) } : {}),
  };
}

function expressionOf(world: World, random: RandomStream): string {
  return random.pick([
    "rate(1 minute)",
    "rate(1 minute)",
    "rate(2 minutes)",
    "cron(* * * * ? *)",
    "* * * * *",
    "cron(0/2 * * * ? *)",
    at(world, random.int(30_000, world.config.faultMinutes * 60_000)),
  ]);
}

function actOf(world: World, random: RandomStream, spec: object): ScheduleAct {
  const base = { afterMs: random.int(2_000, world.config.faultMinutes * 45_000) };
  const kind = random.pick(["pause", "pause", "times", "manners", "delete", "run", "backfill"]);
  switch (kind) {
    case "pause":
      return { ...base, kind, forMs: random.int(5_000, 150_000) };
    case "times":
      return { ...base, kind: "define", spec: specOf(world, random) };
    case "manners":
      return { ...base, kind: "define", spec: { ...spec, ...mannersOf(random) } };
    case "delete":
    case "run":
      return { ...base, kind };
    default:
      return {
        ...base,
        kind: "backfill",
        agoMs: random.chance(0.5) ? random.int(0, 60_000) : random.int(60_000, 600_000),
        rangeMs: random.int(60_000, 480_000),
        request: {
          concurrency: random.int(1, 3),
          slots: random.pick(["missing", "all"]),
          order: random.pick(["oldest_first", "newest_first"]),
        },
        ...(random.chance(0.25) ? { cancelAfterMs: random.int(1_000, 120_000) } : {}),
      };
  }
}

function at(world: World, atMs: number): string {
  return `at(${iso(world, atMs).slice(0, 19)})`;
}

/** An instant of the run as people write it. */
function iso(world: World, atMs: number): string {
  return new Date(world.epochMs + Math.round(atMs / 1_000) * 1_000).toISOString();
}
