import type { PortraitQuery } from "../../shared/contract/http/portrait-views.ts";
import { limits } from "../../shared/core/limits.ts";
import { minuteMs } from "../../shared/schedule/local-time.ts";
import { drawPortrait, type Portrait } from "../../shared/schedule/portrait/portrait.ts";
import type { Engine } from "../runtime/engine.ts";
import { loadActiveSchedules } from "./load-schedules.ts";
import { planSchedules } from "./plan-schedules.ts";

/** A portrait with what it leaves out. */
export interface ReadPortrait {
  readonly portrait: Portrait;
  readonly query: PortraitQuery;
  readonly bucketSeconds: number;
  readonly notes: readonly string[];
}

const hourSeconds = 3_600;

/** Draws what the tenant's active schedules will do from now on. */
export async function readPortrait(
  engine: Engine,
  tenant: string,
  query: PortraitQuery,
): Promise<ReadPortrait> {
  const { hours, group, lambdaConcurrency } = query;
  const fromMs = Math.floor(engine.clock.now() / minuteMs) * minuteMs;
  const seconds = hours * hourSeconds;
  const { schedules, goesOn } = await loadActiveSchedules(engine.store, tenant);
  const facts = { tenant, fromMs, toMs: fromMs + seconds * 1_000, lambdaConcurrency };
  const { withoutTask, ...plan } = await planSchedules(engine, schedules, facts);
  const bucketSeconds = hours === 24 ? 60 : 600;
  const stretch = { fromMs, seconds };
  const portrait = drawPortrait({ plan, stretch, bucketSeconds, group });
  return {
    portrait,
    query,
    bucketSeconds,
    notes: [...fixedNotes, ...notesOf(portrait), ...leftOut(goesOn, withoutTask)],
  };
}

const fixedNotes = [
  "each slot is expected to run at once and once: queues, pauses, retries, gathering and other work are not part of it",
  'a schedule whose overlap is not "allow" has one run at a time',
] as const;

function notesOf({ drawing }: Portrait): readonly string[] {
  const { capacities, fires, schedules } = drawing;
  const notes: string[] = [];
  const lambda = capacities.find(({ basis }) => basis === "assumed");
  if (lambda !== undefined) {
    notes.push(`the account's concurrency of Lambda is assumed to be ${boundText(lambda)}`);
  }
  if (fires.sampled > 0) {
    notes.push(
      `${fires.sampled} of ${schedules.length} schedules fire too often to look at each fire (${limits.portraitFiresMax} in all): evenly chosen ones stand for the others, so their curves are estimates`,
    );
  }
  const homeless = schedules.filter(({ backend }) => backend === undefined).length;
  if (homeless > 0) {
    notes.push(
      `no backend would take what ${homeless} schedules submit: it is counted, at no price`,
    );
  }
  return notes;
}

function boundText({ bound }: Portrait["drawing"]["capacities"][number]): string {
  return String(bound.kind === "slots" ? bound.max : bound.starts);
}

function leftOut(goesOn: boolean, withoutTask: number): readonly string[] {
  const notes: string[] = [];
  if (goesOn) {
    notes.push(
      `only the first ${limits.portraitSchedulesMax} active schedules in the order of their names are drawn`,
    );
  }
  if (withoutTask > 0) {
    notes.push(`${withoutTask} active schedules are left out: what they submit would be refused`);
  }
  return notes;
}
