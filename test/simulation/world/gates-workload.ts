import { hashText, openRandomStream, type RandomStream } from "../engine/random-stream.ts";
import {
  boundedGroup,
  gatedTaskNames,
  gatesPlanOf,
  groupOf,
  limitOf,
  linedTaskNames,
  paidGroup,
  paidGroupOf,
  sharedLimit,
  slotsOf,
  tenantOf,
} from "./gates-plan.ts";
import type { SubmitItem } from "./workload.ts";

/** What an operator of a tenant does to its gates. */
export type GateAct =
  | { readonly kind: "pauseGroup"; readonly group: string; readonly forMs: number }
  | {
      readonly kind: "stopTenant";
      readonly how: "paused" | "off";
      readonly cancelsRunning: boolean;
      readonly forMs: number;
    }
  | { readonly kind: "setLimit"; readonly name: string; readonly spec: object }
  | { readonly kind: "setGroup"; readonly name: string; readonly spec: object }
  | { readonly kind: "setTenant"; readonly spec: object }
  | { readonly kind: "setTask"; readonly task: string; readonly patch: object };

/** The act that takes this command's place, if the seed has one there. */
export function gateActOf(seed: number, number: number): GateAct | undefined {
  const plan = gatesPlanOf(seed);
  const random = openRandomStream(seed, "gate act", number);
  if (plan === undefined || !random.chance(0.22)) return undefined;
  const forMs = random.int(20_000, 150_000);
  switch (random.pick(["pause", "stop", "limit", "limit", "group", "paid", "tenant", "task"])) {
    case "pause":
      return { kind: "pauseGroup", group: random.pick([boundedGroup, paidGroup]), forMs };
    case "stop": {
      const how = random.pick(["paused", "off"] as const);
      return { kind: "stopTenant", how, cancelsRunning: random.chance(0.3), forMs };
    }
    case "limit":
      return { kind: "setLimit", name: sharedLimit, spec: limitOf(random) };
    case "group":
      return { kind: "setGroup", name: boundedGroup, spec: groupOf(random) };
    case "paid":
      return { kind: "setGroup", name: paidGroup, spec: paidGroupOf(random) };
    case "tenant":
      return { kind: "setTenant", spec: tenantOf(random) };
    default:
      return { kind: "setTask", task: "function", patch: { concurrency: slotsOf(random) } };
  }
}

/**
 * What is submitted where work is bounded: mostly to bounded tasks, each with a key's value, and now
 * and then many to one task.
 */
export function gatedItemsOf(
  seed: number,
  number: number,
  items: readonly SubmitItem[],
): readonly SubmitItem[] {
  if (gatesPlanOf(seed) === undefined) return items;
  const random = openRandomStream(seed, "gated items", number);
  if (!random.chance(0.35)) return items.map((item) => gatedItemOf(seed, item));
  const task = random.pick([...linedTaskNames, "batched", ...gatedTaskNames]);
  const input = (place: number) => ({ n: `${number}.many.${place}`, k: random.pick(["a", "b"]) });
  return Array.from({ length: random.int(3, 9) }, (_, place) => ({
    task,
    input: input(place),
    ...(random.chance(0.3) ? { idempotencyKey: `many-${number}.${place}` } : {}),
    ...(task !== "batched" && random.chance(0.3) ? { priority: random.int(0, 9) } : {}),
  }));
}

function gatedItemOf(seed: number, item: SubmitItem): SubmitItem {
  const { n } = item.input;
  // By its content alone, so that a key that is used again asks for the same.
  const random = openRandomStream(seed, "gated item", n);
  const input = { n, k: hashText(n) % 2 === 0 ? "a" : "b" };
  const isRepeatable = item.idempotencyKey?.startsWith("key-") === true;
  const task = isRepeatable ? repeatableTask(item) : taskOf(random, item.task);
  const gathers = task === "debounced" || task === "batched";
  if (!gathers) return { ...item, task, input };
  const { delaySeconds: _, startAfterMs: __, startBySeconds: ___, ...rest } = item;
  if (random.chance(0.7)) delete (rest as { priority?: number }).priority;
  return { ...rest, task, input };
}

function taskOf(random: RandomStream, task: string): string {
  const kind = random.next();
  if (kind < 0.35) return random.pick(linedTaskNames);
  return kind < 0.8 ? random.pick(gatedTaskNames) : task;
}

/** Some of the keys that are used again belong to tasks that lock or gather. */
function repeatableTask({ task, idempotencyKey = "" }: SubmitItem): string {
  const key = Number(idempotencyKey.slice("key-".length));
  return key < 6 ? task : (linedTaskNames[key % linedTaskNames.length] ?? task);
}
