import type { RuleMistake } from "./condition.ts";

/** A mistake in one line: `rule edge, line 1, column 5: … (did you mean …?)`. */
export function mistakeText(mistake: RuleMistake): string {
  const { rule, line, column, message, suggestion } = mistake;
  const place = `${rule === undefined ? "" : `rule ${rule}, `}line ${line}, column ${column}`;
  return `${place}: ${message}${suggestion === undefined ? "" : ` (${suggestion})`}`;
}
