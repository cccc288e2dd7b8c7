import { limits } from "../core/limits.ts";
import { truncateUtf8 } from "../core/texts.ts";
import type { Choice } from "./choose.ts";
import type { Considered } from "./consider.ts";
import type { Placement } from "./profile.ts";
import type { Classification } from "./rules/rule-set.ts";

export interface ReasonFacts {
  readonly choice: Choice;
  readonly considered: readonly Considered[];
  readonly classification: Classification;
  readonly policy: string;
  readonly placement: Placement | undefined;
  readonly thrift?: string | undefined;
}

const ruleReasonBytesMax = 160;

/** Why it is the chosen backend, for people who did not write the rules. */
export function reasonOf(facts: ReasonFacts): string {
  const { choice, considered, placement } = facts;
  const { chosen } = choice;
  if (chosen === undefined) return reasonOfNone(considered);
  const { name } = chosen.backend;
  const setAside = considered.flatMap(({ verdict, misgivings }) =>
    verdict === "excluded" ? misgivings : [],
  );
  const kinds = new Set(setAside.map(({ kind }) => kind));
  const how = howText(facts, name);
  if (kinds.has("promoted") && placement !== undefined) {
    return `Goes to ${name} directly: ${placement.reason}; ${how}`;
  }
  const [other] = setAside;
  if (other !== undefined) return `Goes to ${name}: ${other.text}; ${how}`;
  return how;
}

function howText(
  { choice, classification, policy, considered, thrift }: ReasonFacts,
  name: string,
): string {
  const { rule, type } = classification;
  const because = truncateUtf8(classification.reason, ruleReasonBytesMax).replace(/\.$/, "");
  switch (choice.mode) {
    case "pinned":
      return `the submission asks for ${name}`;
    case "sticky":
      return `retries stay on ${name}, where the first attempt went`;
    case "only one":
      return considered.length === 1 ? `${name} can run it` : `only ${name} can run it`;
    case "cheapest":
      return `${thrift}; ${name} is the cheapest that can run it`;
    case "rule's backend":
      return `${rule} names ${name}: ${because}`;
    case "rule's type":
      return choice.margin === undefined
        ? `${rule} says ${type}, and ${name} is that: ${because}`
        : `${rule} says ${type}: ${because}; ${policy} prefers ${name}`;
    case "type not there":
      return choice.margin === undefined
        ? `${rule} says ${type}, which nothing here can do for it; only ${name} can run it`
        : `${rule} says ${type}, which nothing here can do for it; ${policy} prefers ${name}`;
    default:
      return `no rule decides; ${policy} prefers ${name}`;
  }
}

function reasonOfNone(considered: readonly Considered[]): string {
  if (considered.length === 0) return "this host has no backends";
  const told = considered.map(
    ({ backend, exclusions }) => `${backend.name}: ${exclusions.join(", ")}`,
  );
  return truncateUtf8(told.join("; "), limits.reasonBytesMax);
}
