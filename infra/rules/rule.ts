import type { Template } from "./template.ts";

export interface Finding {
  /** Logical id of the resource at fault. */
  readonly resource: string;
  /** Where in the resource, from `Properties` on. */
  readonly location: string;
}

/** Something that no template may contain. */
export interface Rule {
  /** Stable; acknowledged as `Switchyard::<id>`. */
  readonly id: string;
  /** What is wrong, as a sentence. */
  readonly fault: string;
  readonly fix: string;
  check(template: Template): readonly Finding[];
}

export function at(resource: { readonly id: string }, ...path: readonly string[]): Finding {
  return { resource: resource.id, location: ["Properties", ...path].join("/") };
}
