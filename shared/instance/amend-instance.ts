import type { JsonObject, JsonValue } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import type { Gathering } from "../task/gathering.ts";
import { change } from "./change.ts";
import type { Decision, DecisionContext, InstanceCommand } from "./commands.ts";
import { inputBytesOf } from "./input-bytes.ts";
import type { Gathered, Instance } from "./instance.ts";
import { wakeOfPending } from "./wake.ts";

type Amend = Extract<InstanceCommand, { name: "amend" }>;

/** `{"items":[]}` */
const emptyBatchBytes = 12;
const nullBytes = 4;

/** Whether further submissions may become part of it: it waits for them and has not been full. */
export function isGathering(instance: Instance, nowMs: number): boolean {
  const { state, gathered, waiting, attemptCount, dueAtMs } = instance;
  return (
    state === "pending" &&
    gathered !== undefined &&
    waiting === "delayed" &&
    attemptCount === 0 &&
    nowMs < dueAtMs
  );
}

/** How many of the additions have room, beginning with the first. */
export function additionsFitting(
  { gathered }: Instance,
  gathering: Gathering,
  additions: readonly Instance[],
): number {
  if (gathering.mode === "debounce" || gathered === undefined) return additions.length;
  let { items, inputBytes } = gathered;
  let fitting = 0;
  for (const addition of additions) {
    items += 1;
    inputBytes += 1 + itemBytesOf(addition);
    if (items > gathering.max || inputBytes > limits.inputBytesMax) break;
    fitting += 1;
  }
  return fitting;
}

/** The size of a batch of one item of that size. */
export function batchBytesOf(itemBytes: number): number {
  return emptyBatchBytes + itemBytes;
}

/**
 * The first version of an instance that gathers, with as many of the submissions as have room; there
 * must be at least one. They are given as they would have been opened on their own.
 */
export function openGathering(
  [first, ...others]: readonly [Instance, ...Instance[]],
  gathering: Gathering,
): Instance {
  const { createdAtMs: nowMs, submittedBy: actor } = first;
  const dueAtMs = nowMs + gathering.seconds * 1_000;
  const alone: Instance = {
    ...first,
    ...(gathering.mode === "batch" ? { input: { items: [first.input ?? null] } } : {}),
    waiting: "delayed",
    dueAtMs,
    wakeAtMs: wakeOfPending(first, dueAtMs),
    gathered: {
      mode: gathering.mode,
      items: 1,
      inputBytes:
        gathering.mode === "batch" ? batchBytesOf(itemBytesOf(first)) : inputBytesOf(first),
    },
    history: first.history.map((entry) => ({ ...entry, reason: "waits for more submissions" })),
  };
  const additions = others.slice(0, additionsFitting(alone, gathering, others));
  if (additions.length === 0) return alone;
  const decision = decideAmend(alone, { name: "amend", gathering, additions, actor }, { nowMs });
  if (decision.outcome !== "changed") return alone;
  const { reason } = decision;
  return {
    ...decision.next,
    version: alone.version,
    history: alone.history.map((entry) => ({ ...entry, reason })),
  };
}

/** Adds submissions to an instance that gathers: a batch appends them, a debounce takes the newest. */
export function decideAmend(
  instance: Instance,
  { gathering, additions, actor, full }: Amend,
  { nowMs }: Pick<DecisionContext, "nowMs">,
): Decision {
  const { gathered } = instance;
  if (!isGathering(instance, nowMs) || gathered?.mode !== gathering.mode) {
    return { outcome: "unchanged", reason: "it gathers no more submissions" };
  }
  if (additionsFitting(instance, gathering, additions) < additions.length) {
    return { outcome: "unchanged", reason: "it has no room for so many submissions" };
  }
  if (additions.length === 0 && full !== true) {
    return { outcome: "unchanged", reason: "nothing was added" };
  }
  const items = gathered.items + additions.length;
  const isFull = full === true || (gathering.mode === "batch" && items >= gathering.max);
  const dueAtMs = isFull ? nowMs : dueAfterAddition(instance, gathering, nowMs);
  const content = contentWith(instance, { ...gathered, items }, additions);
  const { deadlineAtMs = Infinity } = { ...instance, ...content };
  return change(instance, {
    command: "amend",
    to: "pending",
    nowMs,
    actor,
    reason: isFull ? `full with ${items} submissions` : `stands for ${items} submissions`,
    patch: {
      ...content,
      ...(isFull ? { waiting: "due" as const } : {}),
      dueAtMs,
      wakeAtMs: Math.min(dueAtMs, deadlineAtMs),
    },
  });
}

function dueAfterAddition(instance: Instance, gathering: Gathering, nowMs: number): number {
  if (gathering.mode === "batch") return instance.dueAtMs;
  const longestMs = (gathering.maxSeconds ?? limits.gatherSecondsMax) * 1_000;
  return Math.min(nowMs + gathering.seconds * 1_000, instance.createdAtMs + longestMs);
}

type Content = {
  readonly [Field in keyof Instance]?: Instance[Field] | undefined;
};

function contentWith(
  instance: Instance,
  gathered: Gathered,
  additions: readonly Instance[],
): Content {
  const newest = additions.at(-1);
  if (newest === undefined) return { gathered };
  if (gathered.mode === "debounce") return contentOfNewest(instance, gathered, newest);
  const added = additions.reduce((sum, addition) => sum + 1 + itemBytesOf(addition), 0);
  return {
    gathered: { ...gathered, inputBytes: gathered.inputBytes + added },
    input: { items: [...itemsOf(instance), ...additions.map(({ input }) => input ?? null)] },
  };
}

/** Everything that the newest submission says, its total time included; identity and origin stay. */
function contentOfNewest(instance: Instance, gathered: Gathered, newest: Instance): Content {
  return {
    gathered: { ...gathered, inputBytes: inputBytesOf(newest) },
    input: newest.input,
    inputRef: newest.inputRef,
    config: newest.config,
    tags: newest.tags,
    group: newest.group,
    priority: newest.priority,
    timeoutSeconds: newest.timeoutSeconds,
    pinnedBackend: newest.pinnedBackend,
    gateKeys: newest.gateKeys,
    trace: newest.trace,
    ...(newest.deadlineAtMs === undefined
      ? {}
      : { deadlineAtMs: Math.max(newest.deadlineAtMs, instance.deadlineAtMs ?? 0) }),
  };
}

function itemBytesOf(item: Instance): number {
  return item.input === undefined ? nullBytes : inputBytesOf(item);
}

/** The items of a batch; every instance that gathers them has been opened with a list. */
function itemsOf({ input }: Instance): readonly JsonValue[] {
  return (input as JsonObject & { readonly items: readonly JsonValue[] }).items;
}
