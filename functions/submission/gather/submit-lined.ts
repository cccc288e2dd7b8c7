import type { Key } from "../../../shared/ports/store.ts";
import type { TaskSpec } from "../../../shared/task/task.ts";
import type { Engine } from "../../runtime/engine.ts";
import { Lines } from "../../runtime/lines.ts";
import type { OwnSubmitResult } from "../submit-instances.ts";
import type { Arrival } from "./arrival.ts";
import { gatherArrivals } from "./gather-arrivals.ts";
import { gatheringKeyOf, singletonKeyOf } from "./lock-keys.ts";
import { submitSingleton } from "./submit-singleton.ts";

/** Whether what becomes of a submission depends on instances of its task that are open already. */
export function isLined({ singleton, gather }: TaskSpec): boolean {
  return singleton !== undefined || gather !== undefined;
}

/** Submits arrivals of tasks that have at most one open instance or gather; answers in their order. */
export async function submitLined(
  engine: Engine,
  arrivals: readonly Arrival[],
): Promise<readonly OwnSubmitResult[]> {
  const lines = new Map<string, { readonly key: Key; readonly members: Arrival[] }>();
  for (const arrival of arrivals) {
    const key = lockKeyOf(engine, arrival);
    const name = `${key.pk}#${key.sk}`;
    const line = lines.get(name) ?? { key, members: [] };
    line.members.push(arrival);
    lines.set(name, line);
  }
  const { lines: turns = new Lines() } = engine;
  const results = new Map<Arrival, OwnSubmitResult>();
  await Promise.all(
    [...lines].map(async ([name, { key, members }]) => {
      const answers = await turns.join(name, members, (turn) => submitTurn(engine, key, turn));
      for (const [place, arrival] of members.entries()) {
        const answer = answers[place];
        if (answer !== undefined) results.set(arrival, answer);
      }
    }),
  );
  return arrivals.flatMap((arrival) => results.get(arrival) ?? []);
}

/** Where the arrival's open instance is written down. */
export function lockKeyOf({ ids }: Engine, { prepared, definition }: Arrival): Key {
  const { instance } = prepared;
  const { spec } = definition;
  const key = singletonKeyOf(ids, instance, spec) ?? gatheringKeyOf(ids, instance, spec);
  if (key === undefined)
    throw new RangeError(`the task ${instance.task} neither locks nor gathers`);
  return key;
}

/** What takes its turn together: all of it gathers in the same way, or none of it does. */
async function submitTurn(
  engine: Engine,
  key: Key,
  turn: readonly Arrival[],
): Promise<readonly OwnSubmitResult[]> {
  const gather = turn[0]?.definition.spec.gather;
  if (gather !== undefined) return gatherArrivals(engine, key, gather, turn);
  const [first, ...others] = turn;
  if (first === undefined) return [];
  const results = [await submitOne(engine, key, first)];
  if (others.every((arrival) => policyOf(arrival) !== "replace")) {
    // One is open now, so the others only find it.
    return [
      ...results,
      ...(await Promise.all(others.map((arrival) => submitOne(engine, key, arrival)))),
    ];
  }
  for (const arrival of others) results.push(await submitOne(engine, key, arrival));
  return results;
}

function submitOne(engine: Engine, key: Key, arrival: Arrival): Promise<OwnSubmitResult> {
  return submitSingleton(engine, key, policyOf(arrival), arrival);
}

function policyOf({ definition }: Arrival) {
  return definition.spec.singleton?.onConflict ?? "return";
}
