import { limits } from "../../core/limits.ts";
import { collectFires, type Stretch } from "./collect-fires.ts";
import { type Drawing, type Offsets, offsetsOf } from "./demand.ts";
import {
  type Curve,
  curveOf,
  type Expected,
  expectedByName,
  expectedOf,
  type NamedExpected,
} from "./draw-curves.ts";
import { type Collision, findCollisions } from "./find-collisions.ts";
import { type Gauge, gaugesOf } from "./levels.ts";
import type { Capacity, Plan } from "./plan.ts";
import { proposeSpread, type Spread } from "./propose-spread.ts";

/** What a portrait is drawn of. */
export interface Sitting {
  readonly plan: Plan;
  readonly stretch: Stretch;
  readonly bucketSeconds: number;
  /** Only what concerns this group; capacities still bear everybody's runs. */
  readonly group?: string | undefined;
  /** Default: `limits.portraitFiresMax`. */
  readonly firesMax?: number;
}

export interface Portrait {
  readonly drawing: Drawing;
  readonly total: Expected & { readonly curve: Curve };
  readonly groups: readonly (NamedExpected & { readonly curve?: Curve })[];
  readonly groupCount: number;
  readonly tasks: readonly NamedExpected[];
  readonly taskCount: number;
  readonly capacities: readonly CapacityUse[];
  readonly collisions: readonly (Collision & Spread)[];
  readonly collisionCount: number;
}

export interface CapacityUse {
  readonly capacity: Capacity;
  readonly schedules: number;
  /** Runs at the same time, or seconds that a start waits for its turn. */
  readonly highest: number;
}

/**
 * What all active schedules will do together: curves of runs, starts and money, what capacities have
 * to bear, where that is too much, and what would help. Pure: the same plan gives the same portrait.
 */
export function drawPortrait(sitting: Sitting): Portrait {
  const { plan, stretch, bucketSeconds, group } = sitting;
  const fires = collectFires(plan.schedules, stretch, sitting.firesMax);
  const drawing: Drawing = { ...plan, stretch, fires };
  const { schedules } = plan;
  const offsets = offsetsOf(schedules);
  const isShown = (place: number): boolean =>
    group === undefined || schedules[place]?.group === group;
  const members = [...schedules.keys()].filter(isShown);
  const shownName = (of: "group" | "task") => (place: number) =>
    isShown(place) ? schedules[place]?.[of] : undefined;
  const groups = expectedByName(drawing, offsets, shownName("group"));
  const tasks = expectedByName(drawing, offsets, shownName("task"));
  const gauges = gaugesOf(drawing);
  const collisions = findCollisions(drawing, gauges, offsets).filter((found) =>
    found.members.some(isShown),
  );
  return {
    drawing,
    total: {
      ...expectedOf(drawing, members, offsets),
      curve: curveOf(drawing, members, offsets, bucketSeconds),
    },
    groups: groups.named.map((named, place) =>
      place < limits.portraitCurvesMax
        ? { ...named, curve: curveOf(drawing, named.members, offsets, bucketSeconds) }
        : named,
    ),
    groupCount: groups.count,
    tasks: tasks.named,
    taskCount: tasks.count,
    capacities: capacityUses(gauges, offsets, isShown),
    collisions: collisions
      .slice(0, limits.portraitCollisionsMax)
      .map((found) => ({ ...found, ...proposeSpread(drawing, gauges, offsets, found) })),
    collisionCount: collisions.length,
  };
}

/** Those that come nearest to their bounds first. */
function capacityUses(
  gauges: readonly Gauge[],
  offsets: Offsets,
  isShown: (place: number) => boolean,
): readonly CapacityUse[] {
  const uses = gauges.flatMap((gauge) => {
    const { capacity, members, bound } = gauge;
    if (capacity === undefined || !members.some(isShown)) return [];
    const highest = gauge.highest(offsets);
    return [{ capacity, schedules: members.length, highest, share: highest / bound }];
  });
  return uses
    .sort((one, other) => other.share - one.share)
    .slice(0, limits.portraitNamesMax)
    .map(({ share: _, ...use }) => use);
}
