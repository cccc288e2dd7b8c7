import type { Rejection } from "../core/errors.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import type { Submission } from "../instance/submission.ts";
import {
  compileTemplate,
  isTemplateErrors,
  renderTemplate,
  type TemplateError,
} from "../template/template.ts";
import { jsonOf } from "./own-events.ts";
import type { BusEvent, Trigger, TriggerSpec } from "./trigger.ts";

/** What placeholders in a trigger's input and config may begin with. */
export const triggerRoots: readonly string[] = ["event", "trigger"];

/** What a trigger submits for an event: its input by the template, or the whole event. */
export function submissionForEvent(trigger: Trigger, event: BusEvent): Submission | Rejection {
  const { spec } = trigger;
  const { task, version, priority, group, tags, timeoutSeconds, backend } = spec;
  const context = { event: jsonOf(event), trigger: { name: trigger.name } };
  const input = filled(spec.input, context, "/input");
  if (isRejection(input)) return input;
  const config = filled(spec.config as JsonObject | undefined, context, "/config");
  if (isRejection(config)) return config;
  return {
    task,
    input: input === undefined ? event : input.value,
    ...(config === undefined ? {} : { config: config.value }),
    ...(version === undefined ? {} : { version }),
    ...(priority === undefined ? {} : { priority }),
    ...(group === undefined ? {} : { group }),
    ...(tags === undefined ? {} : { tags }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(backend === undefined ? {} : { backend }),
    // An event and what a template makes of it are JSON.
  } as Submission;
}

/** What is wrong with a trigger's templates, if anything is. */
export function templateRejection({ input, config }: TriggerSpec): Rejection | undefined {
  const of = { input, config } as Readonly<Record<string, JsonValue | undefined>>;
  for (const [field, json] of Object.entries(of)) {
    if (json === undefined) continue;
    const template = compileTemplate(json, triggerRoots);
    if (isTemplateErrors(template)) return rejectionOf(template.errors[0], `/${field}`);
  }
  return undefined;
}

function filled(
  json: JsonValue | undefined,
  context: JsonObject,
  pointer: string,
): { readonly value: JsonValue } | Rejection | undefined {
  if (json === undefined) return undefined;
  const template = compileTemplate(json, triggerRoots);
  if (isTemplateErrors(template)) return rejectionOf(template.errors[0], pointer);
  return { value: renderTemplate(template, context) };
}

function rejectionOf(error: TemplateError, field: string): Rejection {
  const { pointer, position, message, suggestion } = error;
  return {
    code: "invalid_template",
    detail: `${message} (at character ${position + 1})`,
    pointer: `${field}${pointer}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function isRejection(
  result: { readonly value: JsonValue } | Rejection | undefined,
): result is Rejection {
  return result !== undefined && "code" in result;
}
