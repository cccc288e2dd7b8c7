import type { JsonObject, JsonValue } from "../core/json.ts";
import { compileTemplate, isTemplateErrors, renderTemplate } from "../template/template.ts";
import { type FireRules, firesBetween } from "./fires.ts";
import {
  civilDay,
  dayMs,
  dayOf,
  dayText,
  hourMs,
  localText,
  minuteMs,
  weekdayOf,
} from "./local-time.ts";
import type { ScheduleSpec } from "./schedule.ts";
import { openZone } from "./zone-offsets.ts";

/** What placeholders in a schedule's input and config may begin with. */
export const scheduleRoots = ["nominal", "previous", "schedule"] as const;

const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] as const;

/** Input and config of one slot: a slot has the same ones whenever it is run. */
export function slotPayloads(
  { name, spec, generation }: { name: string; spec: ScheduleSpec; generation: number },
  rules: FireRules,
  nominalMs: number,
): { readonly input?: JsonValue; readonly config?: JsonObject } {
  const { input, config, timezone, task } = spec;
  if (input === undefined && config === undefined) return {};
  // Looking for the slot before takes time, and hardly anybody asks for it.
  const wantsPrevious = JSON.stringify([input, config]).includes("previous");
  const previousMs = wantsPrevious ? previousSlot(rules, nominalMs) : undefined;
  const context: JsonObject = {
    nominal: momentOf(timezone, nominalMs),
    previous: previousMs === undefined ? null : momentOf(timezone, previousMs),
    schedule: { name, task, timezone, generation },
  };
  return {
    ...(input === undefined ? {} : { input: filled(input as JsonValue, context) }),
    ...(config === undefined ? {} : { config: filled(config as JsonValue, context) as JsonObject }),
  };
}

/** A template was checked when its schedule was defined. */
function filled(json: JsonValue, context: JsonObject): JsonValue {
  const template = compileTemplate(json, scheduleRoots);
  return isTemplateErrors(template) ? json : renderTemplate(template, context);
}

/** An instant, and what the clocks of the schedule's zone show then. */
function momentOf(timezone: string, atMs: number): JsonObject {
  const localMs = openZone(timezone).localOf(atMs);
  const day = dayOf(localMs);
  const { year, month, day: dayOfMonth } = civilDay(day);
  const inDayMs = localMs - day * dayMs;
  return {
    iso: new Date(atMs).toISOString().replace(".000Z", "Z"),
    epochSeconds: Math.floor(atMs / 1_000),
    local: localText(localMs),
    date: dayText(day),
    time: localText(localMs).slice(11),
    year,
    month,
    day: dayOfMonth,
    hour: Math.floor(inDayMs / hourMs),
    minute: Math.floor((inDayMs % hourMs) / minuteMs),
    weekday: weekdays[weekdayOf(day) - 1] ?? "",
  };
}

const windowsMs = [hourMs, dayMs, 8 * dayMs, 32 * dayMs, 367 * dayMs, 8 * 367 * dayMs];
const slotsPerWindowMax = 40_000;

/** The nominal time of the slot before one; undefined for the first. */
export function previousSlot(rules: FireRules, nominalMs: number): number | undefined {
  for (const windowMs of windowsMs) {
    const fires = firesBetween(rules, nominalMs - windowMs, nominalMs - 1, slotsPerWindowMax);
    const last = fires.at(-1);
    if (last !== undefined) return last.nominalMs;
  }
  return undefined;
}
