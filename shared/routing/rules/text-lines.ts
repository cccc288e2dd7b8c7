import { nearestName } from "../../core/nearest-name.ts";
import { Name } from "../../core/texts.ts";
import { AllocationPolicy } from "../../task/allocation-policy.ts";
import { type ExecutionType, executionTypes } from "../backend-capabilities.ts";
import { type RulePriority, rulePriorities } from "../receipt.ts";
import type { Position } from "./condition.ts";
import { RuleName } from "./rule-set.ts";
import type { Complaint } from "./rule-values.ts";

/** One line of the text form, without its comment. */
export interface Line {
  readonly number: number;
  /** As it stands in the file. */
  readonly raw: string;
  readonly words: readonly Word[];
}

export interface Word {
  readonly text: string;
  readonly column: number;
}

/** Tells of a mistake at a place of the file. */
export type Note = (position: Position, complaint: Complaint) => void;

/** The line's words; quoted texts stay whole and a # outside of them begins a comment. */
export function lineOf(raw: string, number: number): Line {
  const words: Word[] = [];
  for (const found of raw.matchAll(/"(?:[^"\\]|\\.)*"|#.*|[^\s"#]+|"/g)) {
    if (found[0].startsWith("#")) break;
    words.push({ text: found[0], column: found.index + 1 });
  }
  return { number, raw, words };
}

export interface RuleHead {
  readonly name: string;
  readonly type: ExecutionType;
  readonly priority: RulePriority;
  readonly backend?: string;
}

const ruleForm = "write it like: rule small_work priority high -> serverless";

/** Reads `rule NAME [priority P] -> TYPE [on BACKEND]`; undefined after a mistake. */
export function readRuleLine(line: Line, note: Note): RuleHead | undefined {
  const [, name, ...rest] = line.words;
  const end: Word = { text: "", column: line.raw.trimEnd().length + 1 };
  const at = (word: Word | undefined): Position => ({
    line: line.number,
    column: (word ?? end).column,
  });
  const fail = (word: Word | undefined, message: string, suggestion = ruleForm): undefined => {
    note(at(word), { message, suggestion });
  };
  if (name === undefined) return fail(name, "the rule has no name");
  const checkedName = RuleName.safeParse(name.text);
  if (!checkedName.success) return fail(name, `a rule's name ${firstIssue(checkedName.error)}`);
  let priority: RulePriority = "medium";
  if (rest[0]?.text === "priority") {
    const [, given] = rest.splice(0, 2);
    const known = rulePriorities.find((each) => each === given?.text);
    if (known === undefined) {
      const message = `a rule's priority is ${listed(rulePriorities)}, not ${shown(given)}`;
      return fail(given, message, meant(given, rulePriorities));
    }
    priority = known;
  }
  const [arrow, type, on, backend, extra] = rest;
  if (arrow?.text !== "->") return fail(arrow, `-> is expected here, not ${shown(arrow)}`);
  const knownType = executionTypes.find((each) => each === type?.text);
  if (knownType === undefined) {
    const message = `a rule leads to ${listed(executionTypes)}, not to ${shown(type)}`;
    return fail(type, message, meant(type, executionTypes));
  }
  if (on === undefined) return { name: name.text, type: knownType, priority };
  if (on.text !== "on") return fail(on, `nothing but "on BACKEND" can follow here`);
  if (!Name.safeParse(backend?.text).success) {
    return fail(backend, "the name of a backend is expected after on", "write it like: on lambda");
  }
  if (extra !== undefined) return fail(extra, `nothing can follow here, not ${extra.text}`);
  return { name: name.text, type: knownType, priority, backend: backend?.text ?? "" };
}

const policyForm =
  "write policy latency-first, policy cost-first or policy balanced 0.0001 usd_per_second";

/** Reads `policy NAME` or `policy balanced N usd_per_second`; undefined after a mistake. */
export function readPolicyLine(line: Line, note: Note): AllocationPolicy | undefined {
  const [keyword, name, rate, unit, extra] = line.words;
  const place = name ?? keyword;
  const fail = (message: string): undefined => {
    note({ line: line.number, column: place?.column ?? 1 }, { message, suggestion: policyForm });
  };
  if (name?.text === "balanced") {
    const usdPerSecond = /^[\d.e+-]+$/i.test(rate?.text ?? "") ? Number(rate?.text) : Number.NaN;
    if (unit?.text !== "usd_per_second" || extra !== undefined) {
      return fail("the policy balanced takes its rate as a number and usd_per_second");
    }
    const policy = AllocationPolicy.safeParse({ name: "balanced", usdPerSecond });
    if (policy.success) return policy.data;
    return fail("the rate of the policy balanced is a number from 0 to 1000");
  }
  const policy = AllocationPolicy.safeParse({ name: name?.text });
  if (policy.success && rate === undefined) return policy.data;
  return fail(policy.success ? `${name?.text} takes no rate` : `${shown(name)} is no policy`);
}

/** Reads the quoted text behind a keyword; undefined after a mistake. */
export function readTextLine(line: Line, note: Note): string | undefined {
  const [keyword, text, extra] = line.words;
  const fail = (word: Word | undefined, message: string): undefined => {
    const column = word?.column ?? line.raw.trimEnd().length + 1;
    note(
      { line: line.number, column },
      { message, suggestion: `write it like: ${keyword?.text} "one line of text"` },
    );
  };
  if (extra !== undefined) return fail(extra, `nothing can follow the text of ${keyword?.text}`);
  if (text === undefined || text.text.length < 2 || !text.text.startsWith('"')) {
    return fail(text, `a text in double quotes is expected after ${keyword?.text}`);
  }
  try {
    // The texts are written as in JSON; only its kind of escapes can make this fail.
    return String(JSON.parse(text.text));
  } catch {
    return fail(text, 'the text has an escape that JSON does not know (use \\" and \\\\)');
  }
}

export function firstIssue(error: { readonly issues: readonly { readonly message: string }[] }) {
  return error.issues[0]?.message ?? "is not valid";
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1) ?? ""}`;
}

function shown(word: Word | undefined): string {
  return word === undefined ? "the end of the line" : word.text;
}

function meant(word: Word | undefined, known: readonly string[]): string {
  const near = word === undefined ? undefined : nearestName(word.text, known);
  return near === undefined ? `possible are ${known.join(", ")}` : `did you mean ${near}?`;
}
