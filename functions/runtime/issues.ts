import * as z from "zod";
import type { Rejection } from "../../shared/core/errors.ts";
import { nearestName } from "../../shared/core/nearest-name.ts";
import { pointerOf, shortened } from "./pointer.ts";

type Issue = z.core.$ZodIssue;

/** How fields are named: by JSON pointer in bodies, by bare name in paths and query strings. */
export type FieldNaming = "pointer" | "name";

/** The first thing that is wrong with a value, in words for people, with the field it is about. */
export function rejectionOfIssues(
  error: z.ZodError,
  schema: z.ZodType,
  value: unknown,
  naming: FieldNaming = "pointer",
): Rejection {
  // Unknown fields come last in zod's order, but a misspelt name explains a missing one.
  const unknown = error.issues.find((issue) => issue.code === "unrecognized_keys");
  const issue = unknown ?? error.issues[0];
  if (issue === undefined) return { code: "invalid_field", detail: "the request is not valid" };
  return issue.code === "unrecognized_keys"
    ? unknownField(issue, schema, naming)
    : invalidField(innermost(issue), value, naming);
}

function unknownField(
  issue: Extract<Issue, { code: "unrecognized_keys" }>,
  schema: z.ZodType,
  naming: FieldNaming,
): Rejection {
  const field = issue.keys[0] ?? "";
  const path = [...issue.path, field];
  const known = knownFields(schema, issue.path);
  const nearest = nearestName(field, known);
  return {
    code: "unknown_field",
    detail: `there is no field ${JSON.stringify(shortened(field, 80))} here`,
    pointer: named(path, naming),
    ...(nearest !== undefined
      ? { suggestion: `did you mean "${nearest}"?` }
      : known.length === 0
        ? {}
        : { suggestion: `the fields are ${known.join(", ")}` }),
  };
}

function invalidField(issue: Issue, body: unknown, naming: FieldNaming): Rejection {
  const pointer = named(issue.path, naming);
  const value = valueAt(body, issue.path);
  const subject = pointer === "" ? "the body" : pointer;
  const suggestion = suggestionFor(issue, value);
  return {
    code: "invalid_field",
    detail: `${subject} ${complaint(issue, value)}`,
    pointer,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** What is wrong, so that it reads on after the field's name. */
function complaint(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      if (value === undefined) return "is required";
      return issue.message.startsWith("must")
        ? issue.message
        : `must be ${withArticle(issue.expected)}, not ${kindOf(value)}`;
    case "too_big":
      return `must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${unitOf(issue.origin)}`;
    case "too_small":
      return `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${unitOf(issue.origin)}`;
    case "invalid_value":
      return value === undefined
        ? "is required"
        : `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "invalid_key":
      return `is not a possible name here: it ${issue.issues[0]?.message ?? "is not valid"}`;
    default:
      return issue.message.startsWith("must") || issue.message.startsWith("cannot")
        ? issue.message
        : `is not valid: ${issue.message}`;
  }
}

function suggestionFor(issue: Issue, value: unknown): string | undefined {
  if (issue.code !== "invalid_value" || typeof value !== "string") return undefined;
  const nearest = nearestName(value, issue.values.map(String));
  return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
}

/** Of a union the alternative that came furthest says most. */
function innermost(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const deepest = issue.errors
    .flat()
    .toSorted((left, right) => right.path.length - left.path.length)[0];
  if (deepest === undefined) return issue;
  return innermost({ ...deepest, path: [...issue.path, ...deepest.path] });
}

function named(path: readonly PropertyKey[], naming: FieldNaming): string {
  return naming === "pointer" ? pointerOf(path) : shortened(String(path[0] ?? ""), 160);
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) {
      return undefined;
    }
    value = Reflect.get(value, part);
  }
  return value;
}

/** The names of the fields that an object at this place of a schema may have. */
export function knownFields(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const inner = unwrapped(schema);
  const [part, ...rest] = path;
  if (inner instanceof z.ZodUnion) {
    return [...new Set(inner.options.flatMap((option) => knownFields(option as z.ZodType, path)))];
  }
  if (part === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  if (inner instanceof z.ZodObject) {
    const field: unknown = inner.shape[String(part)];
    return field instanceof z.ZodType ? knownFields(field, rest) : [];
  }
  if (inner instanceof z.ZodArray) return knownFields(inner.element as z.ZodType, rest);
  return [];
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return unwrapped(schema.unwrap() as z.ZodType);
  }
  return schema;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" && !Number.isInteger(value)) return `${value}`;
  return withArticle(typeof value);
}

function withArticle(type: string): string {
  const words: Record<string, string> = {
    array: "a list",
    int: "a whole number",
    record: "an object",
    object: "an object",
    string: "a text",
    boolean: "true or false",
  };
  return words[type] ?? `a ${type}`;
}

function unitOf(origin: string): string {
  const units: Record<string, string> = {
    string: " characters long",
    array: " items long",
    set: " items long",
  };
  return units[origin] ?? "";
}
