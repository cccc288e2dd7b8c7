import type { PatternTest, PatternVerdict } from "../../shared/contract/http/trigger-views.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { compilePattern } from "../../shared/event/compile-pattern.ts";
import { matchEvent } from "../../shared/event/match.ts";
import { isPatternErrors } from "../../shared/event/pattern.ts";
import { patternRejection } from "./define-trigger.ts";

/** Whether a pattern matches an event, and otherwise which field stands against it; stores nothing. */
export function testPattern({ pattern: json, event }: PatternTest): PatternVerdict {
  const pattern = compilePattern(json);
  if (isPatternErrors(pattern)) {
    throw new RejectionError(patternRejection(pattern.errors[0], "/pattern"));
  }
  const match = matchEvent(pattern, event);
  if (match.matches) return { matches: true, reason: "every condition of the pattern holds" };
  const { path, reason } = match;
  return { matches: false, reason, ...(path === "" ? {} : { path }) };
}
