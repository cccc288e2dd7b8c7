import type { PayloadRef } from "../../core/payload-ref.ts";
import type {
  Attempt,
  AttemptError,
  HistoryEntry,
  Instance,
  Origin,
} from "../../instance/instance.ts";
import { isoTime } from "./iso-time.ts";
import type {
  AttemptView,
  HistoryEntryView,
  HistoryView,
  InstanceView,
  OriginView,
  PayloadRefView,
} from "./views.ts";

export type PayloadField = "input" | "config" | "output";

/** Where an instance is found. */
export function instancePath(id: string): string {
  return `/v1/instances/${id}`;
}

/** The instance as the wire shows it; `omit` leaves out payloads, and the view says which it had. */
export function instanceToView(
  instance: Instance,
  omit: readonly PayloadField[] = [],
): InstanceView {
  const omitted = omit.filter((field) => instance[field] !== undefined);
  const shows = (field: PayloadField): boolean =>
    instance[field] !== undefined && !omit.includes(field);
  const { totalTimeoutSeconds, heartbeatSeconds, group, tags, idempotency, error } = instance;
  const { gathered } = instance;
  const backend = instance.attempts.at(-1)?.backend;
  return {
    id: instance.id,
    task: instance.task,
    version: instance.taskVersion,
    state: instance.state,
    ...(instance.waiting === undefined ? {} : { waiting: instance.waiting }),
    ...(instance.waitingFor === undefined ? {} : { waitingFor: instance.waitingFor }),
    createdAt: isoTime(instance.createdAtMs),
    dueAt: isoTime(instance.dueAtMs),
    ...at("wakeAt", instance.wakeAtMs),
    ...at("startBy", instance.startByMs),
    ...at("deadlineAt", instance.deadlineAtMs),
    timeoutSeconds: instance.timeoutSeconds,
    ...(totalTimeoutSeconds === undefined ? {} : { totalTimeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
    priority: instance.priority,
    ...(group === undefined ? {} : { group }),
    ...(instance.colour === undefined ? {} : { colour: instance.colour }),
    ...(tags === undefined ? {} : { tags }),
    ...(shows("input") ? { input: instance.input } : {}),
    ...reference("input", instance, instance.inputRef),
    ...(shows("config") ? { config: instance.config } : {}),
    ...(idempotency === undefined ? {} : { idempotencyKey: idempotency.key }),
    ...(backend === undefined ? {} : { backend }),
    ...(instance.pinnedBackend === undefined ? {} : { pinnedBackend: instance.pinnedBackend }),
    ...(gathered === undefined ? {} : { gathered: { mode: gathered.mode, items: gathered.items } }),
    round: instance.round,
    attemptCount: instance.attemptCount,
    attempts: instance.attempts.map(attemptToView),
    ...(shows("output") ? { output: instance.output } : {}),
    ...reference("output", instance, instance.outputRef),
    ...(instance.trace === undefined ? {} : { trace: instance.trace }),
    ...(error === undefined ? {} : { error }),
    ...at("finishedAt", instance.finishedAtMs),
    submittedBy: instance.submittedBy,
    ...(instance.trigger === undefined ? {} : { trigger: instance.trigger }),
    ...(instance.origin === undefined ? {} : { origin: originToView(instance.origin) }),
    recordVersion: instance.version,
    ...(omitted.length === 0 ? {} : { omitted }),
    links: { self: instancePath(instance.id) },
  };
}

function originToView(origin: Origin): OriginView {
  if (origin.kind === "event") {
    const { kind, trigger, eventId, hops } = origin;
    return { kind, trigger, eventId, hops };
  }
  const { kind, schedule, generation, nominalAtMs, backfill, byHand } = origin;
  return {
    kind,
    schedule,
    generation,
    nominalAt: isoTime(nominalAtMs),
    ...(backfill === undefined ? {} : { backfill }),
    ...(byHand === undefined ? {} : { byHand }),
  };
}

function reference<Field extends "input" | "output">(
  field: Field,
  { id }: Instance,
  ref: PayloadRef | undefined,
): Partial<Record<`${Field}Ref`, PayloadRefView>> {
  if (ref === undefined) return {};
  const view: PayloadRefView = { ...ref, href: `${instancePath(id)}/${field}` };
  // A computed key widens to string; the field's name is the type's one parameter.
  return { [`${field}Ref`]: view } as Record<`${Field}Ref`, PayloadRefView>;
}

/**
 * The view for answers that hold many instances: only the newest attempt, and errors without their
 * stacks, so that a page of the longest-suffering instances still fits into one answer.
 */
export function instanceToSummary(
  instance: Instance,
  omit: readonly PayloadField[] = ["input", "config", "output"],
): InstanceView {
  const { attempts, error } = instance;
  const newest = attempts.at(-1);
  return instanceToView(
    {
      ...instance,
      attempts: newest === undefined ? [] : [withoutStack(newest)],
      ...(error === undefined ? {} : withoutStack({ error })),
    },
    omit,
  );
}

function withoutStack<Failed extends { readonly error?: AttemptError }>(failed: Failed): Failed {
  if (failed.error?.stack === undefined) return failed;
  const { stack: _, ...error } = failed.error;
  return { ...failed, error };
}

/** The attempt without its token. */
export function attemptToView(attempt: Attempt): AttemptView {
  const durationMs = durationOf(attempt);
  return {
    number: attempt.number,
    id: attempt.id,
    round: attempt.round,
    backend: attempt.backend,
    state: attempt.outcome ?? (attempt.startedAtMs === undefined ? "dispatched" : "running"),
    claimedAt: isoTime(attempt.claimedAtMs),
    ...at("startedAt", attempt.startedAtMs),
    ...at("heartbeatAt", attempt.heartbeatAtMs),
    ...at("finishedAt", attempt.finishedAtMs),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(attempt.error === undefined ? {} : { error: attempt.error }),
    ...(attempt.usage === undefined ? {} : { usage: attempt.usage }),
    ...(attempt.externalId === undefined ? {} : { externalId: attempt.externalId }),
  };
}

export function historyToView(instance: Instance): HistoryView {
  const kept = instance.history.reduce((sum, entry) => sum + (entry.count ?? 1), 0);
  return {
    instanceId: instance.id,
    items: instance.history.map(entryToView),
    olderDropped: Math.max(0, instance.version - kept),
  };
}

function entryToView(entry: HistoryEntry): HistoryEntryView {
  const { version, count, atMs, command, from, to, reason, attempt, actor } = entry;
  return {
    version,
    ...(count === undefined ? {} : { count }),
    at: isoTime(atMs),
    command,
    ...(from === undefined ? {} : { from }),
    to,
    reason,
    ...(attempt === undefined ? {} : { attempt }),
    ...(actor === undefined ? {} : { actor }),
  };
}

function durationOf({ usage, startedAtMs, finishedAtMs }: Attempt): number | undefined {
  if (usage !== undefined) return usage.durationMs;
  if (startedAtMs === undefined || finishedAtMs === undefined) return undefined;
  return Math.max(0, finishedAtMs - startedAtMs);
}

function at<Field extends string>(
  field: Field,
  atMs: number | undefined,
): Partial<Record<Field, string>> {
  // A computed key widens to string; the field's name is the type's one parameter.
  return atMs === undefined ? {} : ({ [field]: isoTime(atMs) } as Record<Field, string>);
}
