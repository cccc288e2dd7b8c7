import { type ErrorClass, errorClasses } from "../instance/error-classes.ts";
import type { Attempt, Instance } from "../instance/instance.ts";
import type { TaskNeeds, TaskSpec } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import { type Placement, sizeBucketOf, type TaskProfile } from "./profile.ts";
import type { RunTimes } from "./run-times.ts";
import { routingTuning } from "./tuning.ts";

export interface FeasibilityFacts {
  readonly spec: Pick<TaskSpec, "run" | "backends" | "needs">;
  readonly instance: Pick<
    Instance,
    "timeoutSeconds" | "pinnedBackend" | "round" | "attempts" | "inputRef"
  >;
  readonly inputBytes: number;
  readonly profile?: TaskProfile | undefined;
  /** The instance's group, where that may not use all backends. */
  readonly confinement?: Confinement | undefined;
}

/** The only backends that the instances of a group may use. */
export interface Confinement {
  readonly group: string;
  readonly backends: readonly string[];
}

/** Why a backend would rather not be used: it counts only while another one could be. */
export interface Misgiving {
  readonly kind: "promoted" | "earlier attempt" | "trouble" | "risk" | "memory";
  readonly text: string;
}

/** What speaks against a backend, one sentence each. */
export interface Objections {
  /** Whatever happens elsewhere, it cannot run this. */
  readonly exclusions: readonly string[];
  readonly misgivings: readonly Misgiving[];
}

/** True when the backend could not even begin: the task has no target for it, or must not use it. */
export function isOutOfQuestion(backend: BackendCapabilities, facts: FeasibilityFacts): boolean {
  return choiceExclusions(backend, facts).length > 0;
}

/** Compares what a task needs with what a backend can do. */
export function objectionsTo(
  backend: BackendCapabilities,
  facts: FeasibilityFacts,
  times: RunTimes,
): Objections {
  const { spec, instance } = facts;
  // What is fetched by the code itself does not have to fit into an event.
  const eventBytes = instance.inputRef === undefined ? facts.inputBytes : 0;
  return {
    exclusions: [
      ...choiceExclusions(backend, facts),
      ...timeExclusions(backend, instance.timeoutSeconds, times),
      ...sizeExclusions(backend, spec.needs, eventBytes),
      ...placeExclusions(backend, spec.needs),
    ],
    misgivings: [
      ...promotedMisgivings(backend, placementOf(facts)),
      ...instance.attempts
        .filter(({ round, backend: name }) => round === instance.round && name === backend.name)
        .flatMap((attempt) => earlierMisgivings(backend, attempt)),
      ...troubleMisgivings(backend, instance),
      ...riskMisgivings(backend, instance.timeoutSeconds, times),
      ...memoryMisgivings(backend, memoryMbFloorOf(facts)),
    ],
  };
}

/** The least memory that the next attempt should get where sizes may differ; 0 when nothing is known. */
export function memoryMbFloorOf({ instance, profile }: FeasibilityFacts): number {
  let floorMb = profile?.memoryMbFloor ?? 0;
  for (const { round, error, memoryMb, usage } of instance.attempts) {
    if (round !== instance.round || error?.class !== "out_of_memory") continue;
    const hadMb = memoryMb ?? usage?.memoryMbPeak ?? 0;
    floorMb = Math.max(floorMb, hadMb * routingTuning.memoryGrowth);
  }
  return Math.ceil(floorMb);
}

/** Where inputs of this size belong, as learned. */
export function placementOf({ profile, inputBytes }: FeasibilityFacts): Placement | undefined {
  return profile?.placements[sizeBucketOf(inputBytes)];
}

function choiceExclusions(
  backend: BackendCapabilities,
  { spec, instance, confinement }: FeasibilityFacts,
): readonly string[] {
  const exclusions: string[] = [];
  const pinned = instance.pinnedBackend;
  if (pinned !== undefined && pinned !== backend.name) {
    exclusions.push(`the submission asks for ${pinned}`);
  }
  if (spec.backends !== undefined && !spec.backends.includes(backend.name)) {
    exclusions.push("the task's list of backends does not name it");
  }
  if (confinement !== undefined && !confinement.backends.includes(backend.name)) {
    exclusions.push(`the group ${confinement.group} may not use it`);
  }
  if (!backend.targets.some((target) => spec.run[target] !== undefined)) {
    exclusions.push(`the task has no run.${backend.targets.join(" or run.")}`);
  }
  return exclusions;
}

/**
 * A backend that gives less time than the task may take is left out, unless the task is known to be
 * quicker than it may be: then it is tried, with its time cut.
 */
function timeExclusions(
  { timeoutSecondsMax }: BackendCapabilities,
  timeoutSeconds: number,
  times: RunTimes,
): readonly string[] {
  if (timeoutSeconds <= timeoutSecondsMax) return [];
  if (times.basis === "unknown") {
    return [`may need up to ${timeoutSeconds} s, at most ${timeoutSecondsMax} s are possible`];
  }
  if (times.meanMs <= timeoutSecondsMax * 1_000) return [];
  const seconds = Math.round(times.meanMs / 1_000);
  return [`its runs take about ${seconds} s, at most ${timeoutSecondsMax} s are possible`];
}

function sizeExclusions(
  backend: BackendCapabilities,
  { memoryMb = 0, cpuCores = 0, storageMb = 0 }: TaskNeeds,
  inputBytes: number,
): readonly string[] {
  const exclusions: string[] = [];
  if (memoryMb > backend.memoryMbMax) {
    exclusions.push(
      `needs ${memoryMb} MB of memory, at most ${backend.memoryMbMax} MB are possible`,
    );
  }
  if (cpuCores > backend.cpuCoresMax) {
    exclusions.push(`needs ${cpuCores} cores, at most ${backend.cpuCoresMax} are possible`);
  }
  if (storageMb > backend.storageMbMax) {
    exclusions.push(`needs ${storageMb} MB of disk, at most ${backend.storageMbMax} are possible`);
  }
  if (inputBytes > backend.inputBytesMax) {
    exclusions.push(`the input of ${inputBytes} bytes exceeds ${backend.inputBytesMax}`);
  }
  return exclusions;
}

function placeExclusions(backend: BackendCapabilities, needs: TaskNeeds): readonly string[] {
  const exclusions: string[] = [];
  const wanted = Object.entries(needs.placement ?? {});
  for (const [label, value] of wanted) {
    const has = backend.labels[label];
    if (has === value) continue;
    const instead = has === undefined ? `it has no ${label}` : `it has ${label}=${has}`;
    exclusions.push(`must run where ${label}=${value}; ${instead}`);
  }
  if (needs.dataLocalityRequired === true && backend.type !== "edge" && wanted.length === 0) {
    exclusions.push("must run beside its data, and this is no edge site");
  }
  const { latencyMs, bandwidthMbps } = backend;
  if (needs.latencyMs !== undefined && latencyMs !== undefined && latencyMs > needs.latencyMs) {
    exclusions.push(`is ${latencyMs} ms away, at most ${needs.latencyMs} ms are wanted`);
  }
  const { networkMbps = 0 } = needs;
  if (bandwidthMbps !== undefined && networkMbps > bandwidthMbps) {
    exclusions.push(`needs ${networkMbps} Mbps, its line carries ${bandwidthMbps} Mbps`);
  }
  return exclusions;
}

/** What turned out too small for a task's inputs of this size is left alone, and what is no bigger. */
function promotedMisgivings(
  backend: BackendCapabilities,
  placement: Placement | undefined,
): readonly Misgiving[] {
  if (placement?.promoted !== true || placement.tooSmall === undefined) return [];
  const { tooSmall, reason } = placement;
  const isSame = backend.name === tooSmall.backend;
  const givesNoMore =
    tooSmall.limitMs !== undefined && backend.timeoutSecondsMax * 1_000 <= tooSmall.limitMs;
  return isSame || givesNoMore ? [{ kind: "promoted", text: reason }] : [];
}

function earlierMisgivings(backend: BackendCapabilities, attempt: Attempt): readonly Misgiving[] {
  const { number, error, timeoutMs } = attempt;
  const told = (text: string): readonly Misgiving[] => [
    { kind: "earlier attempt", text: `attempt ${number} ${text}` },
  ];
  switch (error?.class) {
    case "outgrown":
    case "timeout":
      // A task that used up its own time would do so anywhere.
      if (timeoutMs === undefined) return [];
      return told(`needed more than the ${timeoutMs / 1_000} s that ${backend.name} can give`);
    case "out_of_memory":
      return backend.sizeIsPerAttempt
        ? []
        : told(`ran out of memory on ${backend.name}, whose size is fixed`);
    default:
      return [];
  }
}

/**
 * A backend that kept failing this instance through no fault of the task is left for another one: it
 * may be out of capacity, or out of order as a whole.
 */
function troubleMisgivings(
  { name }: BackendCapabilities,
  { attempts, round }: FeasibilityFacts["instance"],
): readonly Misgiving[] {
  const ofRound = attempts.filter((attempt) => attempt.round === round);
  const latest = ofRound.slice(-routingTuning.troubleMax);
  const inTrouble =
    latest.length === routingTuning.troubleMax &&
    latest.every(({ backend, error }) => backend === name && isTrouble(error?.class));
  if (!inTrouble) return [];
  const last = latest.at(-1);
  const text = `the last ${latest.length} attempts found ${name} in trouble (${last?.error?.class})`;
  return [{ kind: "trouble", text }];
}

function isTrouble(errorClass: ErrorClass | undefined): boolean {
  if (errorClass === undefined || errorClass === "outgrown") return false;
  return errorClasses[errorClass].budget === "infrastructure";
}

/** Only where the backend cuts the time: a task that may use up its own would do so anywhere. */
function riskMisgivings(
  { timeoutSecondsMax }: BackendCapabilities,
  timeoutSeconds: number,
  times: RunTimes,
): readonly Misgiving[] {
  if (timeoutSeconds <= timeoutSecondsMax || times.basis === "unknown") return [];
  const comfortableSeconds = timeoutSecondsMax * routingTuning.comfortableShare;
  const chance = times.chanceAbove(comfortableSeconds * 1_000);
  if (chance <= routingTuning.riskMax) return [];
  const percent = Math.round(chance * 100);
  const text = `${percent} % of its runs may need more than ${comfortableSeconds} of the ${timeoutSecondsMax} s possible`;
  return [{ kind: "risk", text }];
}

function memoryMisgivings(backend: BackendCapabilities, floorMb: number): readonly Misgiving[] {
  if (!backend.sizeIsPerAttempt || floorMb <= backend.memoryMbMax) return [];
  const text = `once ran out of memory and now needs ${floorMb} MB, at most ${backend.memoryMbMax} MB are possible`;
  return [{ kind: "memory", text }];
}
