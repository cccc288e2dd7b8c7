import type { Rejection } from "../../shared/core/errors.ts";
import { Submission } from "../../shared/instance/submission.ts";
import { rejectionOfIssues } from "../runtime/issues.ts";

interface FieldCheck {
  safeParse(value: unknown): { readonly success: boolean };
}

/** Checked with the whole object, because they exclude each other. */
const dependent: ReadonlySet<string> = new Set(["delaySeconds", "startAt", "inputRef"]);

const independentFields: ReadonlyMap<string, FieldCheck> = new Map<string, FieldCheck>(
  Object.entries(Submission.shape).filter(([name]) => !dependent.has(name)),
);

/** One item of a batch as a submission, or what is wrong with it. */
export function readSubmission(item: unknown): Submission | Rejection {
  if (isPlainSubmission(item)) return item;
  const parsed = Submission.safeParse(item);
  return parsed.success ? parsed.data : rejectionOfIssues(parsed.error, Submission, item);
}

/**
 * True when every field passes its own check in the schema, and no fields depend on each other: then
 * the whole schema would pass too and, having no defaults, give the same value. Saves making the
 * schema's copy, which would cost more than the check.
 */
function isPlainSubmission(item: unknown): item is Submission {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return false;
  let hasTask = false;
  for (const [name, value] of Object.entries(item)) {
    // Parsed from JSON, so it is JSON.
    if (name === "input") continue;
    const field = independentFields.get(name);
    if (field === undefined || !field.safeParse(value).success) return false;
    hasTask ||= name === "task";
  }
  return hasTask;
}
