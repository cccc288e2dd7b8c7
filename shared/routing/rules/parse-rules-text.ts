import { limits } from "../../core/limits.ts";
import { nearestName } from "../../core/nearest-name.ts";
import { type AllocationPolicy, defaultPolicy } from "../../task/allocation-policy.ts";
import { parseRules } from "./compile.ts";
import type { Position, RuleMistake } from "./condition.ts";
import { formatCondition } from "./format-condition.ts";
import { parseCondition } from "./parse-condition.ts";
import { RoutingRule, RuleName, type RuleSetSpec } from "./rule-set.ts";
import type { Complaint } from "./rule-values.ts";
import {
  firstIssue,
  type Line,
  lineOf,
  type RuleHead,
  readPolicyLine,
  readRuleLine,
  readTextLine,
} from "./text-lines.ts";

export type ParsedRulesText =
  | { readonly outcome: "done"; readonly spec: RuleSetSpec }
  | { readonly outcome: "refused"; readonly mistakes: readonly RuleMistake[] };

/**
 * Reads the text form of a rule set, with every mistake at its place in the file. The conditions of
 * the answer are in their canonical text.
 */
export function parseRulesText(text: string): ParsedRulesText {
  const reader = new RulesReader();
  for (const [index, raw] of text.split(/\r?\n/).entries()) reader.read(lineOf(raw, index + 1));
  const spec = reader.end();
  return reader.mistakes.length > 0
    ? { outcome: "refused", mistakes: reader.mistakes.toSorted(byPlace) }
    : { outcome: "done", spec };
}

/** A rule as far as it has been read. */
interface Draft {
  readonly line: number;
  readonly head: RuleHead | undefined;
  when?: { readonly position: Position; text: string };
  description?: string;
  reason?: string;
}

const keywords = ["rules", "policy", "rule", "description", "when", "because"] as const;
type Keyword = (typeof keywords)[number];

class RulesReader {
  readonly mistakes: RuleMistake[] = [];
  readonly #rules: RoutingRule[] = [];
  readonly #lineOfRule = new Map<string, number>();
  #name: string | undefined;
  #policy: AllocationPolicy | undefined;
  #draft: Draft | undefined;
  #inCondition = false;

  read(line: Line): void {
    const first = line.words[0];
    const keyword = keywords.find((known) => known === first?.text);
    if (keyword !== undefined) {
      this.#inCondition = false;
      this.#take(keyword, line);
    } else if (this.#inCondition && this.#draft?.when !== undefined) {
      this.#draft.when.text += `\n${line.raw}`;
    } else if (first !== undefined) {
      const near = nearestName(first.text, keywords);
      this.#note(
        { line: line.number, column: first.column },
        {
          message: `a line begins with ${keywords.join(", ")} or #, not with ${first.text}`,
          ...(near === undefined ? {} : { suggestion: `did you mean ${near}?` }),
        },
      );
    }
  }

  end(): RuleSetSpec {
    this.#finishRule();
    const name = this.#name ?? "rules";
    const spec = { name, policy: this.#policy ?? defaultPolicy, rules: this.#rules };
    if (this.#rules.length > limits.rulesMax) {
      const message = `there are ${this.#rules.length} rules, at most ${limits.rulesMax} are possible`;
      this.#note({ line: 1, column: 1 }, { message });
    }
    // Everything but the names and the sum of all texts was looked at line by line.
    const parsed = parseRules(spec);
    for (const mistake of "mistakes" in parsed ? parsed.mistakes : []) {
      this.mistakes.push({ ...mistake, line: this.#lineOfRule.get(mistake.rule ?? "") ?? 1 });
    }
    return spec;
  }

  #take(keyword: Keyword, line: Line): void {
    switch (keyword) {
      case "rules":
        this.#takeName(line);
        break;
      case "policy":
        if (this.#policy === undefined) this.#policy = readPolicyLine(line, this.#note);
        else this.#twice(line);
        break;
      case "rule":
        this.#finishRule();
        this.#draft = { line: line.number, head: readRuleLine(line, this.#note) };
        break;
      case "when":
        this.#takeCondition(line);
        break;
      case "description":
        this.#takeText(line, "description");
        break;
      case "because":
        this.#takeText(line, "reason");
        break;
    }
  }

  #takeName(line: Line): void {
    if (this.#name !== undefined) this.#twice(line);
    const [, name, extra] = line.words;
    const checked = RuleName.safeParse(name?.text);
    this.#name = checked.data ?? "";
    if (checked.success && extra === undefined) return;
    const place = { line: line.number, column: (extra ?? name)?.column ?? line.raw.length + 1 };
    const what = checked.success ? "is one word" : firstIssue(checked.error);
    this.#note(place, { message: `the name of the rules ${what}`, suggestion: "rules my_rules" });
  }

  #takeCondition(line: Line): void {
    const draft = this.#ruleFor(line, "when");
    if (draft === undefined) return;
    const start = (line.words[0]?.column ?? 1) + "when".length;
    draft.when = {
      position: { line: line.number, column: start },
      text: line.raw.slice(start - 1),
    };
    this.#inCondition = true;
  }

  #takeText(line: Line, field: "description" | "reason"): void {
    const draft = this.#ruleFor(line, field);
    const text = readTextLine(line, this.#note);
    if (draft === undefined || text === undefined) return;
    const checked = RoutingRule.shape[field].safeParse(text);
    if (checked.success) draft[field] = text;
    else {
      const column = line.words[1]?.column ?? 1;
      this.#note(
        { line: line.number, column },
        { message: `the text ${firstIssue(checked.error)}` },
      );
    }
  }

  /** The rule that the line belongs to, if it has none of these yet. */
  #ruleFor(line: Line, field: "when" | "description" | "reason"): Draft | undefined {
    const draft = this.#draft;
    if (draft !== undefined && draft[field] === undefined) return draft;
    if (draft !== undefined) {
      this.#twice(line);
      return undefined;
    }
    const [first] = line.words;
    const message = `${first?.text} belongs to a rule, and there is none above`;
    this.#note(
      { line: line.number, column: first?.column ?? 1 },
      {
        message,
        suggestion: "begin with a line like: rule small_work priority high -> serverless",
      },
    );
    return undefined;
  }

  #twice(line: Line): void {
    const [first] = line.words;
    const message = `${first?.text} is given a second time`;
    this.#note({ line: line.number, column: first?.column ?? 1 }, { message });
  }

  #finishRule(): void {
    const draft = this.#draft;
    this.#draft = undefined;
    if (draft === undefined) return;
    const { line, head, when, description, reason } = draft;
    if (when === undefined) {
      const message = `${head === undefined ? "this rule" : `the rule ${head.name}`} has no condition`;
      this.#note(
        { line, column: 1 },
        { message, suggestion: "add a line like: when stateful = true" },
      );
      return;
    }
    const parsed = parseCondition(when.text, { ...when.position, comments: true });
    if (parsed.outcome === "refused") this.mistakes.push(...parsed.mistakes);
    else if (head !== undefined) {
      this.#lineOfRule.set(head.name, line);
      this.#rules.push({
        ...head,
        when: formatCondition(parsed.condition),
        ...(description === undefined ? {} : { description }),
        ...(reason === undefined ? {} : { reason }),
      });
    }
  }

  readonly #note = (position: Position, complaint: Complaint): void => {
    this.mistakes.push({ ...position, ...complaint });
  };
}

function byPlace(left: Position, right: Position): number {
  return left.line - right.line || left.column - right.column;
}
