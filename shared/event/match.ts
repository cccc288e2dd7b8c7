import type { JsonObject } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import { type EventFields, type FieldNode, fieldsOf } from "./event-fields.ts";
import { explainMismatch } from "./explain-mismatch.ts";
import type { CompiledPattern, FieldCondition } from "./pattern.ts";

export type MatchResult =
  | { readonly matches: true }
  | {
      readonly matches: false;
      /** The field that fails, or the list whose elements do; "" when it is about the whole event. */
      readonly path: string;
      readonly reason: string;
    };

/** Whether EventBridge would deliver the event by this pattern, and otherwise what stands against it. */
export function matchEvent(pattern: CompiledPattern, event: JsonObject): MatchResult {
  const fields = fieldsOf(event, pattern.prefixes);
  const search = new ElementSearch(fields);
  for (const conditions of pattern.alternatives) {
    if (search.holds(conditions)) return { matches: true };
    if (search.gaveUp) {
      const reason = "the event's lists can be combined in too many ways to look at all of them";
      return { matches: false, path: "", reason };
    }
  }
  return { matches: false, ...explainMismatch(pattern, fields) };
}

/** By list: which of its elements was chosen. */
type Choice = ReadonlyMap<number, number>;

const noChoice: Choice = new Map();

/**
 * Looks for values that pass all conditions and stand in the same element of every list that they
 * share. Conditions come in the order of their paths, so those of one list are neighbours, and what
 * was in vain once for the choices that still matter is not tried again.
 */
class ElementSearch {
  gaveUp = false;
  readonly #fields: EventFields;
  readonly #passes = new Map<FieldCondition, Map<FieldNode, boolean>>();
  #steps = 0;
  #conditions: readonly FieldCondition[] = [];
  #vain = new Set<string>();
  /** By path of a list: the last condition that it matters for. */
  #matters = new Map<string, number>();

  constructor(fields: EventFields) {
    this.#fields = fields;
  }

  holds(conditions: readonly FieldCondition[]): boolean {
    this.#conditions = conditions;
    this.#vain = new Set();
    this.#matters = new Map();
    return this.#from(0, noChoice);
  }

  #from(index: number, made: Choice): boolean {
    const condition = this.#conditions[index];
    if (condition === undefined) return true;
    const choice = this.#relevant(made, index);
    const name = `${index}|${[...choice].join(";")}`;
    if (this.#vain.has(name)) return false;
    const node = this.#fields.byPath.get(condition.path);
    const isAbsent = condition.orAbsent && (node === undefined || !this.#isThere(node, choice));
    if (isAbsent && this.#from(index + 1, choice)) return true;
    if (node !== undefined && this.#visit(node, choice, condition, index)) return true;
    this.#vain.add(name);
    return false;
  }

  /** Tries the values below a node that agree with the choice, each with what it adds to the choice. */
  #visit(node: FieldNode, choice: Choice, condition: FieldCondition, index: number): boolean {
    this.#steps += 1;
    if (this.#steps > limits.patternStepsMax) this.gaveUp = true;
    if (this.gaveUp) return false;
    if (this.#passesIn(node, condition) && this.#from(index + 1, choice)) return true;
    for (const [list, elements] of node.lists) {
      const chosen = choice.get(list);
      if (chosen !== undefined) {
        const child = elements.get(chosen);
        if (child !== undefined && this.#visit(child, choice, condition, index)) return true;
        continue;
      }
      for (const [place, child] of elements) {
        const further = new Map(choice).set(list, place);
        if (this.#visit(child, further, condition, index)) return true;
      }
    }
    return false;
  }

  #isThere(node: FieldNode, choice: Choice): boolean {
    this.#steps += 1;
    if (node.leaves.length > 0) return true;
    for (const [list, elements] of node.lists) {
      const chosen = choice.get(list);
      const some =
        chosen === undefined ? [...elements.values()] : [elements.get(chosen)].filter(isNode);
      if (some.some((child) => this.#isThere(child, choice))) return true;
    }
    return false;
  }

  #passesIn(node: FieldNode, condition: FieldCondition): boolean {
    let known = this.#passes.get(condition);
    if (known === undefined) {
      known = new Map();
      this.#passes.set(condition, known);
    }
    let passes = known.get(node);
    if (passes === undefined) {
      passes = node.leaves.some((leaf) => condition.tests.some(({ matches }) => matches(leaf)));
      known.set(node, passes);
    }
    return passes;
  }

  /** The choices that a condition from here on can still contradict. */
  #relevant(choice: Choice, index: number): Choice {
    if (choice.size === 0) return choice;
    const kept = [...choice].filter(([list]) => {
      const path = this.#fields.listPaths[list] ?? "";
      return this.#lastMattering(path) >= index;
    });
    if (kept.length === choice.size) return choice;
    return new Map(kept);
  }

  #lastMattering(path: string): number {
    let last = this.#matters.get(path);
    if (last === undefined) {
      last = this.#conditions.findLastIndex(
        (condition) => condition.path === path || condition.path.startsWith(`${path}.`),
      );
      this.#matters.set(path, last);
    }
    return last;
  }
}

function isNode(node: FieldNode | undefined): node is FieldNode {
  return node !== undefined;
}
