/** A synthesised CloudFormation template, as far as checks look at it. */
export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Properties;
}

export type Properties = Readonly<Record<string, unknown>>;

/** A resource with its logical id. */
export interface NamedResource extends Resource {
  readonly id: string;
  readonly Properties: Properties;
}

/** The resources of the given types, or all of them. */
export function resourcesOf(template: Template, ...types: readonly string[]): NamedResource[] {
  return Object.entries(template.Resources ?? {})
    .filter(([, { Type }]) => types.length === 0 || types.includes(Type))
    .map(([id, resource]) => ({ ...resource, id, Properties: resource.Properties ?? {} }));
}

/** Follows a path of member names; undefined where it ends early. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) here = isObject(here) ? here[name] : undefined;
  return here;
}

/** The value as a list: itself, alone in one, or nothing. CloudFormation allows all three. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** The logical id that a `Ref` or `Fn::GetAtt` points to; undefined for anything else. */
export function referredId(value: unknown): string | undefined {
  const ref = valueAt(value, "Ref");
  if (typeof ref === "string") return ref;
  const attribute = valueAt(value, "Fn::GetAtt");
  const id = Array.isArray(attribute) ? attribute[0] : undefined;
  return typeof id === "string" ? id : undefined;
}

export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
