import type { EventFields, FieldNode } from "./event-fields.ts";
import type { CompiledPattern, FieldCondition, Leaf } from "./pattern.ts";

export interface Mismatch {
  readonly path: string;
  readonly reason: string;
}

const shownMax = 3;
const shownCharsMax = 100;

/** Why an event does not match, of the alternative that comes nearest. */
export function explainMismatch({ alternatives }: CompiledPattern, fields: EventFields): Mismatch {
  let nearest: readonly FieldCondition[] = [];
  let fewest = Number.POSITIVE_INFINITY;
  for (const conditions of alternatives) {
    const failing = conditions.filter((condition) => !mayHold(condition, fields)).length;
    if (failing < fewest) {
      nearest = conditions;
      fewest = failing;
    }
  }
  const failing = nearest.find((condition) => !mayHold(condition, fields));
  const mismatch =
    failing === undefined ? noCommonElement(nearest, fields) : about(failing, fields);
  if (alternatives.length === 1) return mismatch;
  const { path, reason } = mismatch;
  return {
    path,
    reason: `none of ${alternatives.length} alternatives holds; the nearest: ${reason}`,
  };
}

/** By itself, whatever the other conditions choose. */
function mayHold({ path, tests, orAbsent }: FieldCondition, { byPath }: EventFields): boolean {
  const node = byPath.get(path);
  if (node === undefined) return orAbsent;
  // Inside of a list another condition may choose an element without it.
  if (orAbsent && node.lists.size > 0) return true;
  return leavesOf(node).some((leaf) => tests.some(({ matches }) => matches(leaf)));
}

function about({ path, tests, orAbsent }: FieldCondition, { byPath }: EventFields): Mismatch {
  const wanted = tests.map(({ words }) => words).join(" or ");
  const node = byPath.get(path);
  if (node === undefined) {
    return { path, reason: `the event has no value at ${path}, which must be ${wanted}` };
  }
  const leaves = leavesOf(node);
  const shown = leaves.slice(0, shownMax).map(shownLeaf).join(", ");
  const more = leaves.length > shownMax ? ` and ${leaves.length - shownMax} more` : "";
  const is = `${path} is ${shown}${more}`;
  if (tests.length === 0) return { path, reason: `${is}, but must not be there` };
  return { path, reason: `${is}, not ${wanted}${orAbsent ? ", and it is there" : ""}` };
}

/** Each condition holds somewhere, but they do not hold in the same element. */
function noCommonElement(conditions: readonly FieldCondition[], fields: EventFields): Mismatch {
  const inLists = conditions.filter(({ path }) => (fields.byPath.get(path)?.lists.size ?? 0) > 0);
  const path = commonPath(inLists.map((each) => each.path));
  const names = inLists.map((each) => each.path).join(", ");
  return {
    path,
    reason: `no single element of the list ${path} has all of ${names} as they must be`,
  };
}

function commonPath(paths: readonly string[]): string {
  const [first = "", ...others] = paths.map((path) => path.split("."));
  if (typeof first === "string") return first;
  const differs = first.findIndex((step, at) => others.some((other) => other[at] !== step));
  return (differs < 0 ? first : first.slice(0, differs)).join(".");
}

function leavesOf(node: FieldNode): readonly Leaf[] {
  const inside = [...node.lists.values()].flatMap((elements) => [...elements.values()]);
  return inside.length === 0 ? node.leaves : [...node.leaves, ...inside.flatMap(leavesOf)];
}

function shownLeaf(leaf: Leaf): string {
  const text = JSON.stringify(leaf);
  return text.length <= shownCharsMax ? text : `${text.slice(0, shownCharsMax)}…`;
}
