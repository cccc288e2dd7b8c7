import type { JsonObject, JsonValue } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import type { Leaf } from "./pattern.ts";

/** The values of one path, by the elements of lists that they stand in, outermost first. */
export interface FieldNode {
  readonly leaves: Leaf[];
  /** By list, then by place in it. */
  readonly lists: Map<number, Map<number, FieldNode>>;
}

/** The fields of an event that a pattern asks for. */
export interface EventFields {
  readonly byPath: ReadonlyMap<string, FieldNode>;
  /** Where each list stands, by its number. */
  readonly listPaths: readonly string[];
}

/**
 * Gathers what stands at the paths of a pattern. Names are joined by dots, so that a name with a dot
 * is the same as two names. An element that is a plain value belongs to no place of its list: only
 * fields inside of elements must agree on one.
 */
export function fieldsOf(event: JsonObject, prefixes: ReadonlySet<string>): EventFields {
  const byPath = new Map<string, FieldNode>();
  const listPaths: string[] = [];
  const places: number[] = [];

  const add = (path: string, leaf: Leaf): void => {
    let node = byPath.get(path);
    if (node === undefined) {
      node = emptyNode();
      byPath.set(path, node);
    }
    for (let at = 0; at < places.length; at += 2) node = childOf(node, places, at);
    node.leaves.push(leaf);
  };
  const walk = (value: JsonValue, path: string | undefined, depth: number): void => {
    if (depth > limits.eventDepthMax) return;
    if (typeof value !== "object" || value === null) {
      if (path !== undefined) add(path, value);
    } else if (Array.isArray(value)) {
      const list: readonly JsonValue[] = value;
      const number = listPaths.push(path ?? "") - 1;
      for (const [place, element] of list.entries()) {
        const isPlain = typeof element !== "object" || element === null;
        if (!isPlain) places.push(number, place);
        walk(element, path, depth + 1);
        if (!isPlain) places.length -= 2;
      }
    } else {
      for (const [name, field] of Object.entries(value as JsonObject)) {
        const inner = path === undefined ? name : `${path}.${name}`;
        if (prefixes.has(inner)) walk(field, inner, depth + 1);
      }
    }
  };
  walk(event, undefined, 0);
  return { byPath, listPaths };
}

function emptyNode(): FieldNode {
  return { leaves: [], lists: new Map() };
}

function childOf({ lists }: FieldNode, places: readonly number[], at: number): FieldNode {
  const list = places[at] ?? 0;
  const place = places[at + 1] ?? 0;
  let elements = lists.get(list);
  if (elements === undefined) {
    elements = new Map();
    lists.set(list, elements);
  }
  let child = elements.get(place);
  if (child === undefined) {
    child = emptyNode();
    elements.set(place, child);
  }
  return child;
}
