import { componentOf, type JsonSchema } from "./schemas.ts";

/** One field of an object, as a reader needs it. */
export interface Field {
  readonly name: string;
  readonly type: string;
  /** Components that the type refers to. */
  readonly refs: readonly string[];
  readonly required: boolean;
  readonly description: string;
}

/** The fields of an object's schema; none for anything else. */
export function fieldsOf(schema: JsonSchema): readonly Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) =>
    fieldOf(name, field, schema.required?.includes(name) ?? false),
  );
}

/** One field with what its schema says of its values. */
export function fieldOf(name: string, schema: JsonSchema, required: boolean): Field {
  return {
    name,
    type: typeOf(schema),
    refs: refsOf(schema),
    required,
    description: [schema.description, boundsOf(schema)].filter(Boolean).join(" "),
  };
}

/** A type in a few words. */
export function typeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return componentOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.join(" | ");
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.format === "date-time") return "instant";
  if (schema.type === "object" && typeof schema.additionalProperties === "object") {
    return `object of ${typeOf(schema.additionalProperties)}`;
  }
  if (schema.type === "object" && schema.properties !== undefined) {
    return `{ ${Object.keys(schema.properties).join(", ")} }`;
  }
  return schema.type ?? "any JSON";
}

function refsOf(schema: JsonSchema): readonly string[] {
  const inner = [
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(schema.anyOf ?? []),
    ...(typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : []),
  ];
  return [
    ...(schema.$ref === undefined ? [] : [componentOf(schema.$ref)]),
    ...inner.flatMap(refsOf),
  ];
}

function boundsOf(schema: JsonSchema): string {
  const { minimum, exclusiveMinimum, maximum, maxLength, minItems, maxItems, pattern } = schema;
  const parts = [
    minimum === undefined ? undefined : `at least ${minimum}`,
    exclusiveMinimum === undefined ? undefined : `more than ${exclusiveMinimum}`,
    maximum === undefined ? undefined : `at most ${maximum}`,
    minItems === undefined ? undefined : `at least ${minItems} items`,
    maxItems === undefined ? undefined : `at most ${maxItems} items`,
    maxLength === undefined ? undefined : `at most ${maxLength} characters`,
    pattern === undefined ? undefined : `matches ${pattern}`,
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
  ].filter((part) => part !== undefined);
  const text = parts.join(", ");
  return text === "" ? "" : `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}
