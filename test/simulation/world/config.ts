import { openRandomStream } from "../engine/random-stream.ts";
import { drawFaultRates, type FaultName, type FaultRates, faultNames } from "./faults.ts";

/** What a run is made of: everything else follows from the seed and these. */
export interface SimulationConfig {
  readonly seed: number;
  /** How many commands the clients give. */
  readonly commands: number;
  /** Only these of them, by number; absent = all. */
  readonly onlyCommands?: readonly number[];
  /** What the wall clocks show at virtual time 0. */
  readonly epochMs: number;
  /** On some days the clocks of this zone go forward or back. */
  readonly changingZone?: string;
  /** The store is out once, for half an hour. */
  readonly longOutage: boolean;
  /** How long faults happen and clients come. */
  readonly faultMinutes: number;
  readonly faults: FaultRates;
  /** How many environments of one function work at once. */
  readonly concurrency: number;
  /** How many sequences the change feed has. */
  readonly feedShards: number;
  /** How long the feed gathers changes before it delivers a batch. */
  readonly feedWindowMs: number;
  /** Receives of a message before it goes to the dead-letter queue. */
  readonly receivesMax: number;
  /** Whether the executor says when an attempt begins; otherwise the dispatcher confirms. */
  readonly executorReportsStart: boolean;
  /** Whether the executor takes an attempt it never heard of for one whose hint still waits. */
  readonly executorQueuesUnknown: boolean;
  /** Whether the dispatcher may send hints itself; on AWS it may not. */
  readonly dispatchHints: boolean;
  /** Whether clients have schedules and triggers at all. */
  readonly timed: boolean;
  /** Whether somebody outside fires the slots, as EventBridge Scheduler does; wakes do in any case. */
  readonly mirrors: boolean;
  /** Whether the intake may send hints to itself; on AWS it may not. */
  readonly intakeHints: boolean;
  /** The one port call, counted per function over the whole run, at which an environment stops. */
  readonly killAt?: PlannedKill;
}

export interface PlannedKill {
  readonly functionName: string;
  readonly call: number;
  /** Whether the call still takes effect. */
  readonly arrives: boolean;
}

/** Ways to make a run smaller while its seed stays the same. */
export interface ConfigOverrides {
  readonly commands?: number | undefined;
  readonly onlyCommands?: readonly number[] | undefined;
  readonly faultMinutes?: number | undefined;
  /** Of the seed's faults, only these. */
  readonly onlyFaults?: readonly FaultName[] | undefined;
  readonly killAt?: PlannedKill | undefined;
}

export function configOf(seed: number, overrides: ConfigOverrides = {}): SimulationConfig {
  const random = openRandomStream(seed, "config");
  const drawn = {
    commands: random.int(3, 15),
    faultMinutes: random.int(2, 6),
    concurrency: random.int(1, 4),
    feedShards: random.int(1, 3),
    feedWindowMs: random.pick([3_000, 3_000, 30_000, 900_000]),
    receivesMax: random.int(2, 6),
    executorReportsStart: random.chance(0.7),
    executorQueuesUnknown: random.chance(0.5),
    dispatchHints: random.chance(0.5),
    faults: drawFaultRates(seed),
    ...dayOf(seed),
    longOutage: openRandomStream(seed, "long outage").chance(0.02),
  };
  const timing = openRandomStream(seed, "timing");
  const timed = {
    timed: timing.chance(0.5),
    mirrors: timing.chance(0.5),
    intakeHints: timing.chance(0.5),
  };
  const { onlyCommands, onlyFaults, killAt } = overrides;
  return {
    seed,
    ...drawn,
    ...timed,
    commands: overrides.commands ?? drawn.commands,
    ...(onlyCommands === undefined ? {} : { onlyCommands }),
    ...(killAt === undefined ? {} : { killAt }),
    faultMinutes: overrides.faultMinutes ?? drawn.faultMinutes + (drawn.longOutage ? 30 : 0),
    faults: onlyFaults === undefined ? drawn.faults : subset(drawn.faults, onlyFaults),
  };
}

const usualDay = { epochMs: Date.UTC(2026, 10, 20, 9) };

/** Minutes before clocks change: to summer time, back from it, and by half an hour only. */
const daysOfChange = [
  { epochMs: Date.UTC(2027, 2, 28, 0, 57), changingZone: "Europe/Berlin" },
  { epochMs: Date.UTC(2026, 9, 25, 0, 57), changingZone: "Europe/Berlin" },
  { epochMs: Date.UTC(2027, 2, 14, 6, 58), changingZone: "America/New_York" },
  { epochMs: Date.UTC(2027, 3, 3, 14, 57), changingZone: "Australia/Lord_Howe" },
] as const;

function dayOf(seed: number): Pick<SimulationConfig, "epochMs" | "changingZone"> {
  const random = openRandomStream(seed, "day");
  return random.chance(0.15) ? random.pick(daysOfChange) : usualDay;
}

function subset(rates: FaultRates, names: readonly FaultName[]): FaultRates {
  const kept: Partial<Record<FaultName, number>> = {};
  for (const name of faultNames) {
    const rate = rates[name];
    if (rate !== undefined && names.includes(name)) kept[name] = rate;
  }
  return kept;
}

/** The one command that repeats a run. */
export function commandFor(seed: number, overrides: ConfigOverrides): string {
  const { commands, onlyCommands, faultMinutes, onlyFaults, killAt } = overrides;
  return [
    `npm run sim -- --seed ${seed}`,
    ...(commands === undefined ? [] : [`--commands ${commands}`]),
    ...(onlyCommands === undefined ? [] : [`--only-commands ${onlyCommands.join(",") || "none"}`]),
    ...(faultMinutes === undefined ? [] : [`--minutes ${faultMinutes}`]),
    ...(killAt === undefined
      ? []
      : [`--kill ${killAt.functionName}:${killAt.call}${killAt.arrives ? ":arrives" : ""}`]),
    ...(onlyFaults === undefined ? [] : [`--faults ${onlyFaults.join(",") || "none"}`]),
  ].join(" ");
}
