import { busEvents } from "../contract/messages.ts";
import { instanceStates } from "../instance/moves.ts";
import type { CompiledPattern, FieldCondition, Leaf } from "./pattern.ts";

/** What a field of our events can be: some of these values, anything, and whether it may be absent. */
interface Possible {
  readonly values: readonly Leaf[] | "any";
  readonly orAbsent?: true;
}

const states: readonly Leaf[] = instanceStates;
const any: Possible = { values: "any" };
const anyOrAbsent: Possible = { values: "any", orAbsent: true };

/**
 * Whether a trigger's pattern could match an event of an instance that the trigger itself made: then
 * each instance would make the next. Fields that may have any value count as if they matched.
 */
export function wouldLoop(
  pattern: CompiledPattern,
  trigger: { readonly tenant: string; readonly name: string; readonly task: string },
): boolean {
  const possible: Readonly<Record<string, Possible>> = {
    version: { values: ["0"] },
    id: any,
    source: { values: [busEvents.source] },
    "detail-type": { values: [busEvents.instanceStateChanged] },
    account: any,
    region: any,
    time: any,
    "detail.dedupKey": any,
    "detail.tenant": { values: [trigger.tenant] },
    "detail.instanceId": any,
    "detail.task": { values: [trigger.task] },
    "detail.taskVersion": any,
    "detail.from": { values: states, orAbsent: true },
    "detail.to": { values: states },
    "detail.reason": any,
    "detail.atMs": any,
    "detail.version": any,
    "detail.attempt": anyOrAbsent,
    "detail.group": anyOrAbsent,
    "detail.hops": any,
    "detail.trigger": { values: [trigger.name] },
  };
  const mayHold = ({ path, tests, orAbsent }: FieldCondition): boolean => {
    const field = Object.hasOwn(possible, path) ? possible[path] : undefined;
    if (field === undefined || field.orAbsent === true) {
      if (orAbsent) return true;
    }
    if (field === undefined || tests.length === 0) return false;
    const { values } = field;
    return values === "any" || values.some((value) => tests.some(({ matches }) => matches(value)));
  };
  return pattern.alternatives.some((conditions) => conditions.every(mayHold));
}
