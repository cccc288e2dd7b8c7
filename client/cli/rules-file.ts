import type * as z from "zod";
import { parseRules } from "../../shared/routing/rules/compile.ts";
import type { RuleMistake } from "../../shared/routing/rules/condition.ts";
import { formatCondition } from "../../shared/routing/rules/format-condition.ts";
import { mistakeText } from "../../shared/routing/rules/mistake-text.ts";
import { parseRulesText } from "../../shared/routing/rules/parse-rules-text.ts";
import { RuleSetSpec } from "../../shared/routing/rules/rule-set.ts";
import { parseJson } from "./read-input.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** What is wrong with a file, in lines such as `mine.rules:3:9: there is no feature …`. */
export interface WrongFile {
  readonly complaints: readonly string[];
}

/** The rules of a file, in their text form or as JSON; or all that is wrong with it. */
export async function checkRulesFile(
  terminal: Terminal,
  file: string,
): Promise<RuleSetSpec | WrongFile> {
  const text = await terminal.readText(file);
  const name = file === "-" ? "standard input" : file;
  if (text.trimStart().startsWith("{")) return ofJson(parseJson(text, name), name);
  const parsed = parseRulesText(text);
  if (parsed.outcome === "done") return parsed.spec;
  return {
    complaints: parsed.mistakes.map(
      (mistake) => `${name}:${mistake.line}:${mistake.column}: ${withSuggestion(mistake)}`,
    ),
  };
}

/** The rules of a file; throws a UsageError when something is wrong with it. */
export async function readRulesFile(terminal: Terminal, file: string): Promise<RuleSetSpec> {
  const checked = await checkRulesFile(terminal, file);
  if (!("complaints" in checked)) return checked;
  const [first = `${file} holds no rules`, ...others] = checked.complaints;
  throw new UsageError(
    first,
    others.length === 0
      ? undefined
      : `there is more; see all of it with switchyard rules check ${file}`,
  );
}

function ofJson(value: unknown, name: string): RuleSetSpec | WrongFile {
  const spec = RuleSetSpec.safeParse(value);
  if (!spec.success) {
    return { complaints: spec.error.issues.map((issue) => `${name}: ${issueText(issue)}`) };
  }
  const parsed = parseRules(spec.data);
  if ("mistakes" in parsed) {
    return { complaints: parsed.mistakes.map((mistake) => `${name}: ${mistakeText(mistake)}`) };
  }
  const rules = parsed.map(({ rule, condition }) => ({
    ...rule,
    when: formatCondition(condition),
  }));
  return { ...spec.data, rules };
}

function issueText({ path, message }: z.core.$ZodIssue): string {
  const place = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  const field = place.join("").replace(/^\./, "");
  return field === "" ? message : `${field}: ${message}`;
}

function withSuggestion({ message, suggestion }: RuleMistake): string {
  return suggestion === undefined ? message : `${message} (${suggestion})`;
}
