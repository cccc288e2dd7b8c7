import { isoTime } from "../../shared/contract/http/iso-time.ts";
import type { PreviewAnswer, PreviewRequest } from "../../shared/contract/http/preview.ts";
import { type Rejection, RejectionError } from "../../shared/core/errors.ts";
import { describeExpression } from "../../shared/schedule/describe.ts";
import {
  isExpressionError,
  parseExpression,
  type ScheduleExpression,
} from "../../shared/schedule/expression.ts";
import { type FireRules, jitterMs } from "../../shared/schedule/fires.ts";
import { firesProblem } from "../../shared/schedule/fires-problem.ts";
import { previewSlots } from "../../shared/schedule/preview.ts";
import { zoneProblem } from "../../shared/schedule/zone.ts";
import { loadCalendars, loadClosedDays, yearsAround } from "../runtime/calendars.ts";
import type { RecordingEngine } from "../runtime/engine.ts";
import { calendarNotFound } from "./calendar-records.ts";

/** When a schedule of these rules would fire; throws a RejectionError that says why it never would. */
export async function previewSchedule(
  engine: Pick<RecordingEngine, "store" | "clock" | "holidays">,
  tenant: string,
  request: PreviewRequest,
): Promise<PreviewAnswer> {
  const expression = expressionOf(request.expression);
  refuseZone(request.timezone);
  const fromMs = request.from === undefined ? engine.clock.now() : Date.parse(request.from);
  const rules = await rulesOf(engine, tenant, request, expression, fromMs);
  const problem = firesProblem(rules, fromMs + 1);
  if (problem !== undefined) {
    const { field, message, suggestion } = problem;
    throw new RejectionError(wrong(field, message, suggestion));
  }
  const { fires, passed } = previewSlots(rules, fromMs, request.count);
  return {
    expression: expression.text,
    timezone: request.timezone,
    description: describeExpression(expression, request.timezone),
    notes: notesOf(expression, rules),
    fires: fires.map(({ nominalMs, effectiveMs, local, note }) => ({
      nominal: isoTime(nominalMs),
      effective: isoTime(effectiveMs),
      local,
      ...(note === undefined ? {} : { note }),
    })),
    skipped: passed.map(({ local, nominalMs, note }) => ({
      local,
      ...(nominalMs === undefined ? {} : { nominal: isoTime(nominalMs) }),
      note,
    })),
  };
}

async function rulesOf(
  engine: Pick<RecordingEngine, "store" | "holidays">,
  tenant: string,
  request: PreviewRequest,
  expression: ScheduleExpression,
  fromMs: number,
): Promise<FireRules> {
  const { timezone, calendar, startAt, endAt, onClosedDay, jitterSeconds, name = "" } = request;
  const startMs = startAt === undefined ? undefined : Date.parse(startAt);
  const names = calendar === undefined ? request.calendars : [calendar];
  await refuseMissing(engine.store, tenant, names);
  const closed = await loadClosedDays(engine, tenant, names, yearsAround(fromMs));
  return {
    expression,
    timezone,
    onClosedDay,
    jitterSeconds,
    jitterSeed: `${tenant}/${name}`,
    // As of a schedule that is defined then.
    anchorMs: startMs ?? Math.floor(fromMs / 1_000) * 1_000,
    ...(closed === undefined ? {} : { closed }),
    ...(startMs === undefined ? {} : { startMs }),
    ...(endAt === undefined ? {} : { endMs: Date.parse(endAt) }),
  };
}

function expressionOf(text: string): ScheduleExpression {
  const parsed = parseExpression(text);
  if (!isExpressionError(parsed)) return parsed;
  const { message, position, suggestion } = parsed;
  throw new RejectionError(
    wrong("expression", `${message}, at character ${position} of the expression`, suggestion),
  );
}

function refuseZone(timezone: string): void {
  const problem = zoneProblem(timezone);
  if (problem === undefined) return;
  throw new RejectionError(wrong("timezone", problem.message, problem.suggestion));
}

async function refuseMissing(
  store: RecordingEngine["store"],
  tenant: string,
  names: readonly string[] | undefined,
): Promise<void> {
  if (names === undefined) return;
  const calendars = await loadCalendars(store, tenant, names);
  const missing = names[calendars.indexOf(undefined)];
  if (missing !== undefined) throw new RejectionError(calendarNotFound(missing, "/calendars"));
}

function notesOf(expression: ScheduleExpression, rules: FireRules): string[] {
  const notes = expression.note === undefined ? [] : [expression.note];
  if (expression.kind === "rate") {
    notes.push("a rate counts hours, whatever the clocks of a zone show: a day is 24 hours");
  }
  if (rules.jitterSeconds > 0) {
    const seconds = jitterMs(rules) / 1_000;
    notes.push(
      `each fire comes ${seconds} s after its time: this schedule's place within ${rules.jitterSeconds} s of jitter`,
    );
  }
  return notes;
}

function wrong(field: string, detail: string, suggestion: string | undefined): Rejection {
  return {
    code: "invalid_field",
    detail,
    pointer: `/${field}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
