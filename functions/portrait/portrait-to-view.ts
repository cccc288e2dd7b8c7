import { isoTime } from "../../shared/contract/http/iso-time.ts";
import type { CollisionView, PortraitView } from "../../shared/contract/http/portrait-views.ts";
import { stableHash } from "../../shared/core/stable-hash.ts";
import type { Drawing } from "../../shared/schedule/portrait/demand.ts";
import type { Curve, Expected } from "../../shared/schedule/portrait/draw-curves.ts";
import type { CapacityUse, Portrait } from "../../shared/schedule/portrait/portrait.ts";
import { collisionText } from "../../shared/schedule/portrait/sentences.ts";
import type { ReadPortrait } from "./read-portrait.ts";

/** Names in one list of a collision. */
const namesMax = 100;

export function portraitToView({
  portrait,
  query,
  bucketSeconds,
  notes,
}: ReadPortrait): PortraitView {
  const { drawing, total, groups, tasks, groupCount, taskCount, collisionCount } = portrait;
  const { fromMs, seconds } = drawing.stretch;
  const { group, hours } = query;
  return {
    from: isoTime(fromMs),
    to: isoTime(fromMs + seconds * 1_000),
    hours,
    bucketSeconds,
    ...(group === undefined ? {} : { group }),
    schedules: total.schedules,
    basis: basisOf(drawing, group),
    notes: [...notes],
    total: { ...expectedToView(drawing, total), curve: curveToView(total.curve) },
    groups: groups.map((each) => ({
      group: each.name,
      ...expectedToView(drawing, each),
      ...(each.curve === undefined ? {} : { curve: curveToView(each.curve) }),
    })),
    groupCount,
    tasks: tasks.map((each) => ({
      task: each.name,
      ...expectedToView(drawing, each),
      ...taskFacts(drawing, each.members),
    })),
    taskCount,
    capacities: portrait.capacities.map(capacityToView),
    collisions: portrait.collisions.map((each) => collisionToView(portrait, each)),
    collisionCount,
  };
}

export function collisionToView(
  { drawing }: Pick<Portrait, "drawing">,
  collision: Portrait["collisions"][number],
): CollisionView {
  const { gauge, members, worst, likely, occurrences, proposal, leftOut } = collision;
  const { schedules, fires, stretch } = drawing;
  const nameOf = (place: number): string => schedules[place]?.name ?? "";
  const capacity = gauge.capacity?.name;
  return {
    id: collisionId(drawing, collision),
    kind: gauge.kind,
    ...(capacity === undefined ? {} : { capacity }),
    message: collisionText(stretch, collision),
    likely,
    estimated: members.some((place) => fires.ofSchedule[place]?.some(({ weight }) => weight > 1)),
    level: rounded(worst.level),
    bound: gauge.bound,
    at: isoTime(stretch.fromMs + worst.startSecond * 1_000),
    secondsAbove: worst.secondsAbove,
    occurrences: occurrences.length,
    schedules: members.slice(0, namesMax).map(nameOf),
    scheduleCount: members.length,
    ...(proposal === undefined
      ? {}
      : {
          proposal: {
            withinSeconds: proposal.withinSeconds,
            removes: proposal.removes,
            schedules: proposal.members.map((place) => ({
              name: nameOf(place),
              revision: schedules[place]?.revision ?? 1,
              jitterSeconds: proposal.withinSeconds,
            })),
            before: { ...proposal.before, level: rounded(proposal.before.level) },
            after: { ...proposal.after, level: rounded(proposal.after.level) },
          },
        }),
    leftOut: leftOut
      .slice(0, namesMax)
      .map(({ place, reason }) => ({ name: nameOf(place), reason })),
  };
}

/** The same for as long as it is the same schedules, unchanged, and the same is proposed for them. */
function collisionId({ schedules }: Drawing, collision: Portrait["collisions"][number]): string {
  const { gauge, members, proposal } = collision;
  const named = members.map((place) => `${schedules[place]?.name}@${schedules[place]?.revision}`);
  const facts = [gauge.kind, gauge.capacity?.name ?? "", proposal?.withinSeconds ?? 0, ...named];
  return `col_${stableHash(facts.join("\n"), 3)}`;
}

function expectedToView({ stretch }: Drawing, expected: Expected) {
  const { schedules, peakP50, peakP90 } = expected;
  return {
    schedules,
    starts: rounded(expected.starts),
    startsPerMinuteMax: rounded(expected.startsPerMinuteMax),
    usd: money(expected.usd),
    peak: {
      runsP50: peakP50.runs,
      runsP90: peakP90.runs,
      at: isoTime(stretch.fromMs + peakP90.second * 1_000),
    },
  };
}

function curveToView({ starts, runsP50, runsP90, usd }: Curve) {
  return {
    starts: starts.map(rounded),
    runsP50: [...runsP50],
    runsP90: [...runsP90],
    usd: usd.map(money),
  };
}

function taskFacts(
  { schedules }: Drawing,
  members: readonly number[],
): Pick<PortraitView["tasks"][number], "backends" | "runSecondsP50" | "runSecondsP90" | "basis"> {
  const own = members.flatMap((place) => schedules[place] ?? []);
  const bases = own.map(({ run }) => run.basis);
  const worstBasis = (["unknown", "estimate"] as const).find((basis) => bases.includes(basis));
  return {
    backends: [...new Set(own.flatMap(({ backend }) => backend ?? []))],
    runSecondsP50: Math.max(...own.map(({ run }) => run.p50Seconds)),
    runSecondsP90: Math.max(...own.map(({ run }) => run.p90Seconds)),
    basis: worstBasis ?? "history",
  };
}

function basisOf({ schedules }: Drawing, group: string | undefined): PortraitView["basis"] {
  const basis = { history: 0, estimate: 0, unknown: 0 };
  for (const each of schedules) {
    if (group === undefined || each.group === group) basis[each.run.basis] += 1;
  }
  return basis;
}

function capacityToView({ capacity, schedules, highest }: CapacityUse) {
  const { name, bound, basis } = capacity;
  return {
    name,
    kind: bound.kind,
    max: bound.kind === "slots" ? bound.max : bound.starts,
    ...(bound.kind === "rate" ? { perSeconds: bound.perSeconds } : {}),
    basis,
    schedules,
    highest: rounded(highest),
  };
}

/** Shares of sampled fires add up to odd fractions. */
function rounded(value: number): number {
  return Math.max(0, Math.round(value * 100) / 100);
}

function money(usd: number): number {
  return Math.max(0, Number(usd.toPrecision(4)));
}
