import { nearestName } from "../../core/nearest-name.ts";
import type { RuleValue } from "./condition.ts";
import { featureNamed } from "./features.ts";
import { amountOf, type FeatureKind, kinds, unitsText } from "./kinds.ts";
import type { Token } from "./tokens.ts";

export interface Complaint {
  readonly message: string;
  readonly suggestion?: string;
}

/** Reads what stands where a value belongs; undefined when it is no value at all. */
export function valueOfToken(token: Token): RuleValue | undefined {
  switch (token.kind) {
    case "quantity": {
      const unit = token.unit === "core" ? "cores" : token.unit;
      return { kind: "quantity", number: token.number, unit };
    }
    case "text":
      return { kind: "text", text: token.text };
    case "word": {
      const word = token.source.toLowerCase();
      return word === "true" || word === "false"
        ? { kind: "boolean", value: word === "true" }
        : undefined;
    }
    case "symbol":
    case "end":
      return undefined;
  }
}

/** What is wrong with comparing this feature with this value; undefined when nothing is. */
export function complaintAbout(feature: string, value: RuleValue): Complaint | undefined {
  const kind = featureNamed(feature)?.kind;
  if (kind === undefined) return undefined;
  if (value.kind === "quantity") return aboutQuantity(feature, kind, value);
  if (value.kind === kind) return undefined;
  const given = value.kind === "text" ? `the text '${value.text}'` : String(value.value);
  return {
    message: `${feature} is ${kinds[kind].what}, not ${given}`,
    suggestion:
      value.kind === "text" && kind !== "text"
        ? `write ${unquoted(kind, value.text)} without quotes`
        : `write it like ${kinds[kind].example}`,
  };
}

function unquoted(kind: FeatureKind, text: string): string {
  return /^[\w.]{1,20}$/.test(text) ? text : `a value like ${kinds[kind].example}`;
}

function aboutQuantity(
  feature: string,
  kind: FeatureKind,
  { number, unit }: { readonly number: number; readonly unit: string },
): Complaint | undefined {
  if (amountOf(kind, number, unit) !== undefined) return undefined;
  const { what, example } = kinds[kind];
  if (kind === "boolean" || kind === "text") {
    return {
      message: `${feature} is ${what}, not a number`,
      suggestion: kind === "text" ? `write '${number}${unit}'` : "compare it with true or false",
    };
  }
  if (kind === "number") {
    return {
      message: `${feature} is a plain number and has no unit ${unit}`,
      suggestion: `write ${number}`,
    };
  }
  if (unit === "") {
    const canonical = kinds[kind].unit;
    const separator = canonical === "cores" ? "_" : "";
    const others = unitsText(kind);
    return {
      message: `${number} has no unit, and ${feature} is ${what}`,
      suggestion: `write ${number}${separator}${canonical}${others === canonical ? "" : ` (possible are ${others})`}`,
    };
  }
  const near = nearestUnit(unit, kind);
  return {
    message: `${feature} is ${what}, which has no unit ${unit}`,
    suggestion:
      near === undefined
        ? `use ${unitsText(kind)}, as in ${example}`
        : `did you mean ${near}? The units are ${unitsText(kind)}`,
  };
}

const unitWords: Readonly<Record<string, string>> = {
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  millis: "ms",
  msec: "ms",
  min: "m",
  mins: "m",
  minute: "m",
  minutes: "m",
  hour: "h",
  hours: "h",
  hr: "h",
  day: "d",
  days: "d",
  cpu: "cores",
  cpus: "cores",
  vcpu: "cores",
  vcpus: "cores",
  gib: "GB",
  mib: "MB",
  kib: "KB",
  g: "GB",
  bytes: "B",
};

/** A unit of the kind that this one is probably meant to be. */
function nearestUnit(unit: string, kind: FeatureKind): string | undefined {
  const known = Object.keys(kinds[kind].units);
  const lower = unit.toLowerCase();
  const byWord = Object.hasOwn(unitWords, lower) ? unitWords[lower] : undefined;
  if (byWord !== undefined && known.includes(byWord)) return byWord;
  const sameLetters = known.find((name) => name.toLowerCase() === lower);
  return sameLetters ?? (unit.length < 4 ? undefined : nearestName(unit, known));
}
