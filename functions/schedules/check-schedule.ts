import { RejectionError } from "../../shared/core/errors.ts";
import type { JsonValue } from "../../shared/core/json.ts";
import { limits } from "../../shared/core/limits.ts";
import { utf8Bytes } from "../../shared/core/texts.ts";
import { isExpressionError, parseExpression } from "../../shared/schedule/expression.ts";
import type { FireRules } from "../../shared/schedule/fires.ts";
import { firesProblem } from "../../shared/schedule/fires-problem.ts";
import { scheduleRoots } from "../../shared/schedule/nominal-parameters.ts";
import type { ScheduleSpec } from "../../shared/schedule/schedule.ts";
import { zoneProblem } from "../../shared/schedule/zone.ts";
import { compileTemplate, isTemplateErrors } from "../../shared/template/template.ts";
import { calendarNotFound } from "../calendars/calendar-records.ts";
import { loadCalendars } from "../runtime/calendars.ts";
import type { Engine } from "../runtime/engine.ts";
import { FoundTasks } from "../submission/find-tasks.ts";

/** Throws a RejectionError that says what a schedule cannot say, where, and what to say instead. */
export async function refuseWrongSpec(
  engine: Engine,
  tenant: string,
  spec: ScheduleSpec,
): Promise<void> {
  refuseExpression(spec.expression);
  const zone = zoneProblem(spec.timezone);
  if (zone !== undefined) refuse("/timezone", zone.message, zone.suggestion);
  refuseTemplate("/input", spec.input as JsonValue | undefined, limits.inputBytesMax);
  refuseTemplate("/config", spec.config as JsonValue | undefined, limits.configBytesMax);
  const { task, version, calendars = [] } = spec;
  const submission = { task, ...(version === undefined ? {} : { version }) };
  const [tasks, known] = await Promise.all([
    FoundTasks.of(engine, tenant, [submission]),
    loadCalendars(engine.store, tenant, calendars),
  ]);
  const found = tasks.get(submission);
  if ("code" in found) throw new RejectionError(found);
  const missing = known.indexOf(undefined);
  if (missing >= 0) {
    throw new RejectionError(calendarNotFound(calendars[missing] ?? "", `/calendars/${missing}`));
  }
}

/** Throws a RejectionError when no slot will ever come after an instant, or too many would. */
export function refuseWrongTimes(rules: FireRules, nowMs: number): void {
  const problem = firesProblem(rules, nowMs + 1);
  if (problem !== undefined) refuse(`/${problem.field}`, problem.message, problem.suggestion);
}

function refuseExpression(text: string): void {
  const parsed = parseExpression(text);
  if (!isExpressionError(parsed)) return;
  const { message, position, suggestion } = parsed;
  refuse("/expression", `${message}, at character ${position} of the expression`, suggestion);
}

function refuseTemplate(pointer: string, json: JsonValue | undefined, bytesMax: number): void {
  if (json === undefined) return;
  const bytes = utf8Bytes(JSON.stringify(json));
  if (bytes > bytesMax) {
    throw new RejectionError({
      code: "payload_too_large",
      detail: `it has ${bytes} bytes, at most ${bytesMax} are possible`,
      pointer,
    });
  }
  const compiled = compileTemplate(json, scheduleRoots);
  if (!isTemplateErrors(compiled)) return;
  const [{ pointer: inside, message, suggestion }] = compiled.errors;
  refuse(`${pointer}${inside}`, message, suggestion);
}

function refuse(pointer: string, detail: string, suggestion: string | undefined): never {
  throw new RejectionError({
    code: "invalid_field",
    detail,
    pointer,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}
