import { limits } from "../../core/limits.ts";
import { type Drawing, firesBySecond, lagBySecond, type Offsets, runsBySecond } from "./demand.ts";
import { peakOf } from "./peak.ts";
import type { Capacity } from "./plan.ts";

/** Something that may be too high in some seconds, and whose schedules make it so. */
export interface Gauge {
  readonly kind: "slots" | "rate" | "instant";
  /** Absent for the number of schedules that share an instant. */
  readonly capacity?: Capacity;
  readonly members: readonly number[];
  /** What is more than that collides. */
  readonly bound: number;
  /** By second: runs at the same time, seconds of waiting, or schedules that fire. */
  levels(offsets: Offsets): Int32Array | Float64Array;
  /** The highest of the levels. */
  highest(offsets: Offsets): number;
}

/** What each capacity has to bear, and how many schedules fire together. */
export function gaugesOf(drawing: Drawing): readonly Gauge[] {
  const members = drawing.capacities.map((): number[] => []);
  for (const [place, { takes }] of drawing.schedules.entries()) {
    for (const capacity of takes) members[capacity]?.push(place);
  }
  const ofCapacities = drawing.capacities.map((capacity, place) =>
    capacityGauge(drawing, capacity, members[place] ?? []),
  );
  return [...ofCapacities, crowdGauge(drawing)];
}

function capacityGauge(drawing: Drawing, capacity: Capacity, members: readonly number[]): Gauge {
  const { bound } = capacity;
  if (bound.kind === "slots") {
    return {
      kind: "slots",
      capacity,
      members,
      bound: bound.max,
      levels: (offsets) => runsBySecond(drawing, members, offsets, "p90"),
      highest: (offsets) => peakOf(drawing, members, offsets, "p90").runs,
    };
  }
  const levels = (offsets: Offsets) => lagBySecond(drawing, members, offsets, bound);
  return {
    kind: "rate",
    capacity,
    members,
    bound: limits.portraitRateLagSeconds,
    levels,
    // So few that even all of them at once are through in time need no second look.
    highest: (offsets) =>
      startsOf(drawing, members) <=
      bound.burst + (limits.portraitRateLagSeconds * bound.starts) / bound.perSeconds
        ? 0
        : levels(offsets).reduce((most, lag) => Math.max(most, lag), 0),
  };
}

function crowdGauge(drawing: Drawing): Gauge {
  const members = [...drawing.schedules.keys()];
  const levels = (offsets: Offsets) => firesBySecond(drawing, members, offsets);
  return {
    kind: "instant",
    members,
    bound: limits.portraitCrowdMin - 1,
    levels,
    highest: (offsets) => levels(offsets).reduce((most, fires) => Math.max(most, fires), 0),
  };
}

function startsOf({ fires }: Drawing, members: readonly number[]): number {
  let sum = 0;
  for (const place of members) {
    for (const { weight } of fires.ofSchedule[place] ?? []) sum += weight;
  }
  return sum;
}
