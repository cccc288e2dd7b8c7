import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Submission } from "../../shared/instance/submission.ts";
import { type ClosedDays, yearsBetween } from "../../shared/schedule/closed-days.ts";
import { dayMs } from "../../shared/schedule/local-time.ts";
import { slotPayloads } from "../../shared/schedule/nominal-parameters.ts";
import type { Plan, PlannedSchedule } from "../../shared/schedule/portrait/plan.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { loadClosedDays } from "../runtime/calendars.ts";
import type { Engine } from "../runtime/engine.ts";
import { fireRulesOf } from "../runtime/schedule-rules.ts";
import { FoundTasks } from "../submission/find-tasks.ts";
import { gatherRouting } from "../submission/routing-at-hand.ts";
import { CapacityList } from "./capacity-list.ts";
import { ExpectedInstances } from "./expected-instances.ts";
import { loadPoolSlots } from "./pool-slots.ts";

export interface PlanFacts {
  readonly tenant: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Default: what accounts usually have. */
  readonly lambdaConcurrency?: number | undefined;
}

export interface PlannedSchedules extends Plan {
  /** Schedules whose task, or its version, is gone: their slots come to nothing. */
  readonly withoutTask: number;
}

/** What each instance of these schedules will be, as if it were submitted now. */
export async function planSchedules(
  engine: Engine,
  schedules: readonly Schedule[],
  facts: PlanFacts,
): Promise<PlannedSchedules> {
  const { tenant, lambdaConcurrency } = facts;
  const [tasks, routing, closedOf] = await Promise.all([
    FoundTasks.of(engine, tenant, schedules.map(taskOf)),
    gatherRouting(engine, tenant, new Set(schedules.map(({ spec }) => spec.task))),
    loadCalendarsOf(engine, schedules, facts),
  ]);
  const expected = new ExpectedInstances(routing, engine.clock.now());
  const poolSlots = await loadPoolSlots(engine, tenant, routing.backends);
  const capacities = new CapacityList(lambdaConcurrency, poolSlots);
  const planned: PlannedSchedule[] = [];
  for (const schedule of schedules) {
    const found = tasks.get(taskOf(schedule));
    if ("code" in found) {
      if (found.code === "unavailable") throw unreadable(schedule.spec.task);
      continue;
    }
    const { name, revision, spec, generation, sinceMs } = schedule;
    const rules = fireRulesOf(schedule, closedOf(schedule));
    const nominalMs = schedule.nextNominalMs ?? facts.fromMs;
    const payloads = slotPayloads({ name, spec, generation }, rules, nominalMs);
    const instance = expected.of(found.definition, spec, payloads);
    if (instance === undefined) continue;
    planned.push({
      name,
      revision,
      rules,
      sinceMs,
      task: spec.task,
      group: instance.group,
      backend: instance.backend?.name,
      overlaps: spec.overlap === "allow",
      run: instance.run,
      takes: capacities.takenBy(instance),
    });
  }
  return {
    schedules: planned,
    capacities: capacities.all,
    withoutTask: schedules.length - planned.length,
  };
}

function taskOf({ spec: { task, version } }: Schedule): Submission {
  return { task, ...(version === undefined ? {} : { version }) };
}

/** Calendars that several schedules ask together are loaded once. */
async function loadCalendarsOf(
  engine: Engine,
  schedules: readonly Schedule[],
  { tenant, fromMs, toMs }: PlanFacts,
): Promise<(schedule: Schedule) => ClosedDays | undefined> {
  const farMs = limits.calendarMovedDaysMax * dayMs;
  const years = yearsBetween(fromMs - farMs, toMs + farMs);
  const keyOf = ({ spec }: Schedule): string => spec.calendars?.join(" ") ?? "";
  const wanted = new Map(schedules.map((each) => [keyOf(each), each.spec.calendars]));
  const loaded = await Promise.all(
    [...wanted].map(
      async ([key, names]) => [key, await loadClosedDays(engine, tenant, names, years)] as const,
    ),
  );
  const closed = new Map(loaded);
  return (schedule) => closed.get(keyOf(schedule));
}

function unreadable(task: string): RejectionError {
  return new RejectionError({
    code: "unavailable",
    detail: `the store did not say in time what the task ${task} is`,
    suggestion: "try again",
  });
}
