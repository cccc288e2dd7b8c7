import { assert } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { truncateUtf8 } from "../core/texts.ts";
import type { Decision, Effect } from "./commands.ts";
import type { Attempt, HistoryEntry, Instance } from "./instance.ts";
import { type InstanceCommandName, type InstanceState, isTerminal, movesFrom } from "./moves.ts";

type Patch = { readonly [K in keyof Instance]?: Instance[K] | undefined };

interface ChangeFacts {
  readonly command: InstanceCommandName;
  readonly to: InstanceState;
  readonly nowMs: number;
  readonly reason: string;
  readonly patch: Patch;
  readonly attempt?: number;
  readonly actor?: string;
  readonly effects?: readonly Effect[];
}

/** Makes the next version of an instance: the only place where versions grow and history is written. */
export function change(instance: Instance, facts: ChangeFacts): Decision {
  const { command, to } = facts;
  assert(
    movesFrom(instance.state, command).includes(to),
    `${command} must not lead from ${instance.state} to ${to} (${instance.id})`,
  );
  const version = instance.version + 1;
  const entry: HistoryEntry = {
    version,
    atMs: facts.nowMs,
    command,
    from: instance.state,
    to,
    reason: facts.reason,
    ...(facts.attempt === undefined ? {} : { attempt: facts.attempt }),
    ...(facts.actor === undefined ? {} : { actor: facts.actor }),
  };
  const next = withoutUndefined({
    ...instance,
    ...facts.patch,
    ...(isTerminal(to)
      ? {
          wakeAtMs: undefined,
          waiting: undefined,
          waitingFor: undefined,
          finishedAtMs: facts.nowMs,
        }
      : {}),
    state: to,
    version,
    history: appendHistory(instance.history, entry),
  });
  assert(
    isTerminal(to) === (next.wakeAtMs === undefined),
    `${instance.id} must have a wake-up time exactly while it is not terminal`,
  );
  return { outcome: "changed", next, reason: facts.reason, effects: facts.effects ?? [] };
}

/** Repeated heartbeats, rearmings and additions fold into one entry, so that history stays bounded. */
function appendHistory(
  history: readonly HistoryEntry[],
  entry: HistoryEntry,
): readonly HistoryEntry[] {
  const last = history.at(-1);
  const foldable =
    entry.command === "heartbeat" ||
    entry.command === "rearm" ||
    entry.command === "hold" ||
    entry.command === "amend";
  if (
    foldable &&
    last !== undefined &&
    last.command === entry.command &&
    last.attempt === entry.attempt
  ) {
    return [...history.slice(0, -1), { ...entry, count: (last.count ?? 1) + 1 }];
  }
  const kept =
    history.length >= limits.historyKept
      ? history.slice(history.length - limits.historyKept + 1)
      : history;
  return [...kept, entry];
}

/** Replaces the newest attempt. */
export function withLastAttempt(instance: Instance, attempt: Attempt): readonly Attempt[] {
  return [...instance.attempts.slice(0, -1), attempt];
}

/**
 * Adds an attempt. The oldest are dropped, and all but the newest keep only the beginning of their
 * error and no receipt: with the largest input and output there is no room for more.
 */
export function withNewAttempt(instance: Instance, attempt: Attempt): readonly Attempt[] {
  const kept = instance.attempts.slice(-(limits.attemptsKept - 1));
  const whole = kept.length + 1 - limits.attemptsKeptWhole;
  return [...kept.map((each, place) => (place < whole ? condensed(each) : each)), attempt];
}

function condensed({ receipt: _, error, ...attempt }: Attempt): Attempt {
  if (error === undefined) return attempt;
  const { stack: _stack, ...rest } = error;
  const message = truncateUtf8(error.message, limits.errorMessageBytesKept);
  return { ...attempt, error: { ...rest, message } };
}

/** When an attempt ended: never before it began, although another handler's clock may say so. */
export function endOf({ claimedAtMs, startedAtMs }: Attempt, nowMs: number): number {
  return Math.max(nowMs, startedAtMs ?? claimedAtMs);
}

/**
 * Absent and undefined must not differ: the record is stored as JSON. Copies instead of deleting,
 * because engines keep objects with deleted fields in a form that is ten times slower to read.
 */
function withoutUndefined(draft: { [K in keyof Instance]: Instance[K] | undefined }): Instance {
  const next: Record<string, unknown> = {};
  for (const key of Object.keys(draft) as (keyof Instance)[]) {
    if (draft[key] !== undefined) next[key] = draft[key];
  }
  return next as unknown as Instance;
}
