import { limits } from "../../core/limits.ts";
import {
  type Comparison,
  type Condition,
  comparisons,
  type RuleMistake,
  type RuleValue,
} from "./condition.ts";
import { featureNamed, featureNames, nearestFeature } from "./features.ts";
import { allUnits, isOrdered } from "./kinds.ts";
import { type Complaint, complaintAbout, valueOfToken } from "./rule-values.ts";
import { atStart, lex, type Origin, positionOf, type Token } from "./tokens.ts";

export type ParsedCondition =
  | { readonly outcome: "done"; readonly condition: Condition }
  | { readonly outcome: "refused"; readonly mistakes: readonly RuleMistake[] };

/**
 * Reads a condition. Wrong names, units and types are all reported; a mistake of grammar ends the
 * reading, because what follows it would be guesswork.
 */
export function parseCondition(text: string, origin: Origin = atStart): ParsedCondition {
  if (text.length > limits.ruleCharsMax) {
    const message = `the condition has ${text.length} characters, at most ${limits.ruleCharsMax} are possible`;
    return {
      outcome: "refused",
      mistakes: [{ line: origin.line, column: origin.column, message }],
    };
  }
  const lexed = lex(text, origin);
  if (lexed.outcome === "refused") return { outcome: "refused", mistakes: [lexed.mistake] };
  const parser = new ConditionParser(text, lexed.tokens, origin);
  const condition = parser.whole();
  return condition === undefined || parser.mistakes.length > 0
    ? { outcome: "refused", mistakes: parser.mistakes }
    : { outcome: "done", condition };
}

/** Recursive descent: each method answers undefined after a mistake of grammar. */
class ConditionParser {
  readonly mistakes: RuleMistake[] = [];
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #origin: Origin;
  #place = 0;
  #depth = 0;
  #nodes = 0;

  constructor(text: string, tokens: readonly Token[], origin: Origin) {
    this.#text = text;
    this.#tokens = tokens;
    this.#origin = origin;
  }

  whole(): Condition | undefined {
    if (this.#peek().kind === "end") {
      return this.#stop(this.#peek(), { message: "there is no condition here" });
    }
    const condition = this.#or();
    if (condition === undefined || this.#peek().kind === "end") return condition;
    return this.#stop(this.#peek(), afterCondition(this.#peek()));
  }

  #peek(): Token {
    return this.#tokens[this.#place] ?? { kind: "end", at: this.#text.length, source: "" };
  }

  #or(): Condition | undefined {
    return this.#chain("or", () => this.#chain("and", () => this.#not()));
  }

  /** One part or several with the same word between them. */
  #chain(kind: "and" | "or", part: () => Condition | undefined): Condition | undefined {
    const parts: Condition[] = [];
    do {
      const one = part();
      if (one === undefined) return undefined;
      if (one.kind === kind) parts.push(...one.parts);
      else parts.push(one);
    } while (this.#took(kind));
    const [only] = parts;
    return parts.length === 1 ? only : { kind, parts };
  }

  #not(): Condition | undefined {
    const token = this.#peek();
    if (!this.#took("not")) return this.#primary();
    const inner = this.#deeper(token, () => this.#not());
    return inner === undefined ? undefined : { kind: "not", inner };
  }

  #primary(): Condition | undefined {
    const token = this.#peek();
    if (!this.#took("(")) return this.#comparison();
    const inner = this.#deeper(token, () => this.#or());
    if (inner === undefined || this.#took(")")) return inner;
    const { line, column } = this.#at(token);
    return this.#stop(this.#peek(), {
      message: `a ) is missing here: the ( of line ${line}, column ${column} is still open`,
      suggestion:
        this.#peek().kind === "end" ? "add ) at the end" : "add ), or AND or OR before this",
    });
  }

  #deeper(token: Token, inside: () => Condition | undefined): Condition | undefined {
    this.#depth += 1;
    if (this.#depth > limits.ruleDepthMax) {
      const message = `the condition is nested more than ${limits.ruleDepthMax} deep`;
      return this.#stop(token, { message });
    }
    const condition = inside();
    this.#depth -= 1;
    return condition;
  }

  #comparison(): Condition | undefined {
    const token = this.#peek();
    if (token.kind !== "word" || isReserved(token.source)) {
      return this.#stop(token, this.#noFeature(token));
    }
    if (!this.#count(token, 1)) return undefined;
    this.#place += 1;
    const feature = token.source;
    this.#checkFeature(token);
    const negated = this.#took("not");
    if (this.#took("in")) return this.#list(feature, negated);
    const operator = this.#peek();
    const comparison = comparisons.find((known) => known === operator.source);
    if (comparison === undefined || negated) {
      return this.#stop(operator, noOperator(feature, operator, negated));
    }
    this.#place += 1;
    this.#checkOperator(operator, feature, comparison);
    const value = this.#value(feature);
    return value === undefined
      ? undefined
      : { kind: "compare", feature, operator: comparison, value };
  }

  #list(feature: string, negated: boolean): Condition | undefined {
    const open = this.#peek();
    if (!this.#took("[")) {
      return this.#stop(open, {
        message: "IN takes a list in square brackets",
        suggestion:
          open.kind === "text" ? `write [${open.source}]` : "write it like ['event','http']",
      });
    }
    this.#checkOperator(open, feature, "=");
    const values: RuleValue[] = [];
    do {
      if (values.length === 0 && this.#peek().source === "]") {
        return this.#stop(this.#peek(), { message: "the list is empty, so nothing is in it" });
      }
      if (!this.#count(this.#peek(), 1)) return undefined;
      const value = this.#value(feature);
      if (value === undefined) return undefined;
      values.push(value);
    } while (this.#took(","));
    if (this.#took("]")) return { kind: "in", feature, negated, values };
    const { line, column } = this.#at(open);
    return this.#stop(this.#peek(), {
      message: `a ] is missing here: the list of line ${line}, column ${column} is still open`,
      suggestion: "separate values by commas and close the list with ]",
    });
  }

  #value(feature: string): RuleValue | undefined {
    const token = this.#peek();
    const value = valueOfToken(token);
    if (value === undefined) return this.#stop(token, noValue(feature, token));
    this.#place += 1;
    const after = this.#peek();
    if (token.kind === "quantity" && token.unit === "" && allUnits.includes(after.source)) {
      const suggestion = `write ${token.source}${after.source} without a space`;
      return this.#stop(after, { message: `"${after.source}" stands alone here`, suggestion });
    }
    const complaint = complaintAbout(feature, value);
    if (complaint !== undefined) this.#note(token, complaint);
    return value;
  }

  #checkFeature(token: Token): void {
    const name = token.source;
    if (featureNamed(name) !== undefined) return;
    const near = nearestFeature(name);
    this.#note(token, {
      message: `there is no feature ${name}`,
      suggestion:
        near === undefined
          ? `the features are ${featureNames.join(", ")}`
          : `did you mean ${near}?`,
    });
  }

  #checkOperator(token: Token, feature: string, operator: Comparison): void {
    const kind = featureNamed(feature)?.kind;
    if (kind === undefined || isOrdered(kind)) return;
    if (kind === "boolean" && token.source === "[") {
      const message = `${feature} is true or false, so a list says nothing about it`;
      this.#note(token, { message, suggestion: `write ${feature} = true or ${feature} = false` });
      return;
    }
    if (operator === "=" || operator === "!=") return;
    const what = kind === "boolean" ? "true or false" : "a text";
    const ways = kind === "boolean" ? "= or !=" : "=, != or IN";
    const message = `${feature} is ${what} and cannot be compared with ${operator}`;
    this.#note(token, { message, suggestion: `use ${ways}` });
  }

  /** A missing feature, or something else that was meant to be one. */
  #noFeature(token: Token): Complaint {
    if (token.kind === "end")
      return { message: "the condition ends where a comparison is expected" };
    const value = valueOfToken(token);
    const [, operator, feature] = this.#tokens.slice(this.#place);
    if (value !== undefined) {
      const flipped = flips[operator?.source ?? ""];
      const message = "a comparison begins with the name of a feature";
      return flipped === undefined || feature?.kind !== "word"
        ? { message, suggestion: "write it like stateful = false" }
        : { message, suggestion: `write ${feature.source} ${flipped} ${token.source}` };
    }
    return {
      message: `a comparison is expected here, not ${token.source}`,
      ...(token.source === ")" ? { suggestion: "put a comparison between the parentheses" } : {}),
    };
  }

  /** Goes on behind a symbol or a word, whatever its case, if it is next. */
  #took(expected: string): boolean {
    const token = this.#peek();
    if (token.kind !== "word" && token.kind !== "symbol") return false;
    if (token.source.toLowerCase() !== expected) return false;
    this.#place += 1;
    return true;
  }

  #count(token: Token, nodes: number): boolean {
    this.#nodes += nodes;
    if (this.#nodes <= limits.ruleNodesMax) return true;
    const message = `the condition has more than ${limits.ruleNodesMax} comparisons and values`;
    this.#stop(token, { message, suggestion: "split it into several rules" });
    return false;
  }

  #stop(token: Token, complaint: Complaint): undefined {
    this.#note(token, complaint);
    return undefined;
  }

  #note(token: Token, complaint: Complaint): void {
    this.mistakes.push({ ...this.#at(token), ...complaint });
  }

  #at(token: Token) {
    return positionOf(this.#text, token.at, this.#origin);
  }
}

const reserved: ReadonlySet<string> = new Set(["and", "or", "not", "in", "true", "false"]);
const flips: Readonly<Record<string, Comparison>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "=": "=",
  "!=": "!=",
};

function isReserved(word: string): boolean {
  return reserved.has(word.toLowerCase());
}

function afterCondition(token: Token): Complaint {
  if (token.source === ")") {
    return { message: "this ) closes nothing", suggestion: "remove it, or add a ( before" };
  }
  return {
    message: `AND or OR is expected before ${token.source}`,
    suggestion: "put AND or OR between two comparisons",
  };
}

function noOperator(feature: string, token: Token, negated: boolean): Complaint {
  if (negated) {
    return { message: "IN is expected after NOT here", suggestion: `write NOT ${feature} …` };
  }
  const kind = featureNamed(feature)?.kind;
  const suggestion =
    kind === "boolean" ? `write ${feature} = true` : `use ${comparisons.join(", ")} or IN`;
  return token.kind === "end"
    ? { message: `${feature} is not compared with anything`, suggestion }
    : {
        message: `a comparison sign is expected after ${feature}, not ${token.source}`,
        suggestion,
      };
}

function noValue(feature: string, token: Token): Complaint {
  if (token.kind === "end") return { message: "the condition ends where a value is expected" };
  if (token.kind !== "word" || isReserved(token.source)) {
    return { message: `a value is expected here, not ${token.source}` };
  }
  if (featureNamed(token.source) !== undefined) {
    return {
      message: "two features cannot be compared with each other",
      suggestion: "use a value",
    };
  }
  const kind = featureNamed(feature)?.kind;
  return {
    message: `${token.source} is no value`,
    ...(kind === "boolean"
      ? { suggestion: "write true or false" }
      : { suggestion: `texts stand in quotes: '${token.source}'` }),
  };
}
