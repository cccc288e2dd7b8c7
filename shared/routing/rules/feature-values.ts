import { featureNamed, featureNames, nearestFeature, tagPrefix } from "./features.ts";
import { amountOf, type FeatureKind, isOrdered, kinds } from "./kinds.ts";
import type { Features, FeatureValue } from "./rule-set.ts";
import { type Complaint, complaintAbout } from "./rule-values.ts";
import { readQuantity } from "./tokens.ts";

/** What is wrong with one given feature. */
export interface FeatureMistake extends Complaint {
  readonly feature: string;
  /** True when there is no feature of this name. */
  readonly unknown: boolean;
}

export type ReadFeatures =
  | { readonly outcome: "done"; readonly features: Features }
  | { readonly outcome: "refused"; readonly mistakes: readonly FeatureMistake[] };

/**
 * Features as somebody writes them: numbers are in the canonical unit of their kind, texts are
 * values as in rules, such as "299s" or "2GB".
 */
export function readFeatures(given: Readonly<Record<string, FeatureValue>>): ReadFeatures {
  const mistakes: FeatureMistake[] = [];
  const features: Record<string, FeatureValue> = {};
  for (const [name, value] of Object.entries(given)) {
    const spec = featureNamed(name);
    const read = spec === undefined ? unknownFeature(name) : readFeature(name, spec.kind, value);
    if (typeof read === "object") {
      mistakes.push({ feature: name, unknown: spec === undefined, ...read });
    } else features[name] = read;
  }
  return mistakes.length > 0 ? { outcome: "refused", mistakes } : { outcome: "done", features };
}

function unknownFeature(name: string): Complaint {
  const near = nearestFeature(name);
  return {
    message: `there is no feature ${name}`,
    suggestion:
      near === undefined ? `the features are ${featureNames.join(", ")}` : `did you mean ${near}?`,
  };
}

function readFeature(
  name: string,
  kind: FeatureKind,
  value: FeatureValue,
): FeatureValue | Complaint {
  if (isOrdered(kind)) return readAmount(name, kind, value);
  if (kind === "boolean") {
    const truth = typeof value === "string" ? value.trim().toLowerCase() : value;
    if (typeof truth === "boolean") return truth;
    if (truth === "true" || truth === "false") return truth === "true";
    const shown = typeof value === "string" ? `the text "${value}"` : "a number";
    return { message: `${name} is true or false, not ${shown}`, suggestion: "give true or false" };
  }
  if (typeof value === "string") {
    // As in rules means with or without their quotes; the value of a tag may really have some.
    const quoted = name.startsWith(tagPrefix) ? null : /^(['"])(.*)\1$/s.exec(value);
    return quoted?.[2] ?? value;
  }
  return { message: `${name} is a text, not ${value}`, suggestion: `give "${value}"` };
}

function readAmount(name: string, kind: FeatureKind, value: FeatureValue): number | Complaint {
  if (typeof value === "number") {
    if (value >= 0 && Number.isFinite(value)) return value;
    return { message: `${name} is ${value}, and no feature is negative` };
  }
  const { what, example, unit: canonical } = kinds[kind];
  const written = typeof value === "string" ? readQuantity(value) : undefined;
  if (written === undefined) {
    const inUnit = canonical === "" ? "" : ` (in ${canonical})`;
    return {
      message: `${name} is ${what}, not ${JSON.stringify(value)}`,
      suggestion: `give a text like "${example}" or a number${inUnit}`,
    };
  }
  const amount = amountOf(kind, written.number, written.unit);
  if (amount !== undefined) return amount;
  const complaint = complaintAbout(name, { kind: "quantity", ...written });
  return complaint ?? { message: `${name} is ${what}, not ${JSON.stringify(value)}` };
}
