import type { Pause } from "../group/group.ts";
import { gates } from "../limit/gate-names.ts";
import type { GateRules } from "../limit/gates-of.ts";
import { type Receipt, waitsForCapacity } from "../routing/receipt.ts";
import type { TaskHead, TaskVersion } from "../task/task.ts";
import { isGathering } from "./amend-instance.ts";
import { type BudgetReading, explainBudget } from "./explain-budgets.ts";
import { type ExpectedRun, explainLimit, type LimitReading } from "./explain-limits.ts";
import { type ExplainedGate, type GateDraft, type Release, timeText } from "./explained-gate.ts";
import type { Instance } from "./instance.ts";

/** The records behind everything that may hold an instance back, as they are now. */
export interface GateReadings {
  readonly nowMs: number;
  readonly definition: TaskVersion;
  readonly paused?: TaskHead["paused"];
  readonly rules: Pick<GateRules, "settings" | "groups">;
  readonly planned?: Receipt;
  readonly limits: readonly LimitReading[];
  readonly budgets: readonly BudgetReading[];
  readonly expectedRun?: ExpectedRun;
}

/**
 * Everything that stands between a pending instance and its next attempt, in the order in which the
 * dispatcher asks. Nothing for an instance that waits for no attempt.
 */
export function explainGates(instance: Instance, readings: GateReadings): readonly ExplainedGate[] {
  if (instance.state !== "pending") return [];
  const { nowMs, planned, limits, budgets, expectedRun } = readings;
  const drafts = [
    startGate(instance, readings),
    ...scheduleGate(instance),
    ...pauseGates(instance, readings),
    ...(planned === undefined ? [] : [backendGate(planned)]),
    ...limits.map((reading) => explainLimit(reading, expectedRun, nowMs)),
    ...budgets.map((reading) => explainBudget(instance, reading, nowMs)),
  ];
  return withStates(instance, drafts);
}

/** It stands at one gate at a time: the one where it is in line, or else the first that is shut. */
function withStates(instance: Instance, drafts: readonly GateDraft[]): readonly ExplainedGate[] {
  const isDue = drafts[0]?.shut === false;
  const inLine = drafts.find(
    ({ kind, gate, shut }) => shut && isDue && `${kind}:${gate}` === instance.waitingFor,
  );
  const here = inLine ?? drafts.find(({ shut }) => shut);
  return drafts.map((draft) => {
    const { shut, ...gate } = draft;
    return { ...gate, state: draft === here ? "waiting" : shut ? "closed" : "open" };
  });
}

function startGate(instance: Instance, { nowMs, definition }: GateReadings): GateDraft {
  const { dueAtMs, gathered } = instance;
  const shut = nowMs < dueAtMs;
  if (gathered !== undefined && instance.attemptCount === 0) {
    return gatheringGate(instance, definition, nowMs);
  }
  const what = instance.waiting === "backoff" ? "its next try" : "its start time";
  return {
    kind: "start_time",
    shut,
    summary: shut
      ? `${what} is ${timeText(dueAtMs)}`
      : `${what} has come: it is due since ${timeText(dueAtMs)}`,
    ...(shut
      ? { opensAtMs: dueAtMs, estimate: { atMs: dueAtMs, basis: "it was set beforehand" } }
      : {}),
    releases: [],
  };
}

function gatheringGate(instance: Instance, { spec }: TaskVersion, nowMs: number): GateDraft {
  const { dueAtMs, gathered } = instance;
  const shut = isGathering(instance, nowMs);
  const items = gathered?.items ?? 0;
  const stands = `it stands for ${items} ${items === 1 ? "submission" : "submissions"}`;
  const until =
    gathered?.mode === "debounce"
      ? "until none has come for a time"
      : `until ${spec.gather?.mode === "batch" ? `there are ${spec.gather.max}, or ` : ""}its time is over`;
  return {
    kind: "gathering",
    shut,
    summary: shut
      ? `it gathers submissions ${until}, now ${timeText(dueAtMs)}; ${stands}`
      : `it gathers no more: ${stands}`,
    ...(shut
      ? {
          opensAtMs: dueAtMs,
          estimate: {
            atMs: dueAtMs,
            basis:
              gathered?.mode === "debounce"
                ? "unless further submissions come"
                : "or as soon as it is full",
          },
        }
      : {}),
    releases: [],
  };
}

/** A schedule has decided by the time there is an instance; it only says where that came from. */
function scheduleGate({ origin }: Instance): readonly GateDraft[] {
  if (origin?.kind !== "schedule") return [];
  const { schedule, nominalAtMs } = origin;
  const summary = `the schedule ${schedule} let it go for its slot of ${timeText(nominalAtMs)}`;
  return [{ kind: "schedule", gate: `schedule/${schedule}`, shut: false, summary, releases: [] }];
}

function pauseGates(
  { task, group }: Instance,
  { paused, rules: { settings, groups } }: GateReadings,
): readonly GateDraft[] {
  const stopped = settings?.stopped;
  const ofGroup = group === undefined ? undefined : groups.get(group)?.paused;
  const tenant =
    stopped === undefined
      ? []
      : [
          pauseGate(
            gates.tenant,
            `the tenant is ${stopped.kind === "off" ? "switched off" : "paused"}`,
            stopped,
            {
              action: "let the tenant's work go on",
              request: "POST /v1/tenant/resume",
              role: "admin",
            },
          ),
        ];
  const pausedGroup =
    group === undefined || ofGroup === undefined
      ? []
      : [
          pauseGate(gates.group(group), `the group ${group} is paused`, ofGroup, {
            action: `resume the group ${group}`,
            request: `POST /v1/groups/${group}/resume`,
            role: "operator",
          }),
        ];
  const pausedTask =
    paused === undefined
      ? ({
          kind: "pause",
          gate: gates.task(task),
          shut: false,
          summary: "nothing is paused",
          releases: [],
        } as const)
      : pauseGate(gates.task(task), `the task ${task} is paused`, paused, {
          action: `resume the task ${task}`,
          request: `POST /v1/tasks/${task}/resume`,
          role: "operator",
        });
  const shut = [...tenant, ...pausedGroup];
  return paused === undefined && shut.length > 0 ? shut : [pausedTask, ...shut];
}

function pauseGate(
  gate: string,
  what: string,
  { by, atMs, reason }: Pause,
  release: Release,
): GateDraft {
  const because = reason === undefined ? "" : `: ${reason}`;
  return {
    kind: "pause",
    gate,
    shut: true,
    summary: `${what}, by ${by} since ${timeText(atMs)}${because}`,
    releases: [release],
  };
}

function backendGate(planned: Receipt): GateDraft {
  const { chosen, candidates, reason } = planned;
  if (chosen !== undefined) {
    return {
      kind: "backend",
      gate: chosen,
      shut: false,
      summary: `${chosen} takes it`,
      releases: [],
    };
  }
  const names = candidates
    .filter(({ temporary }) => temporary === true)
    .map(({ backend }) => backend);
  return {
    kind: "backend",
    shut: true,
    summary: waitsForCapacity(planned)
      ? `${names.join(" or ")} ${names.length === 1 ? "takes" : "take"} no work now: ${reason}`
      : `no backend can run it: ${reason}`,
    releases: [],
  };
}
