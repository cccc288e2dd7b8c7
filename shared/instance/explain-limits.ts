import { limits } from "../core/limits.ts";
import type { RateGate, SlotGate } from "../limit/gates-of.ts";
import { heldIn, roomIn, type SlotShards } from "../limit/slots.ts";
import { intervalMsOf, type RateState, startAtMs, startsLeft } from "../limit/token-bucket.ts";
import type { Estimate, GateDraft, Release } from "./explained-gate.ts";

/** Who stands before the instance in a gate's line, as far as was looked. */
interface InLine {
  readonly before: number;
  readonly beforeIsLeast: boolean;
}

export type LimitReading =
  | (InLine & { readonly gate: SlotGate; readonly shards: SlotShards })
  | (InLine & { readonly gate: RateGate; readonly state: RateState | undefined });

/** How long one of the task's attempts takes, and how that is known. */
export interface ExpectedRun {
  readonly runMs: number;
  readonly basis: "history" | "estimate" | "unknown";
}

/** What a slot gate or a rate has for an instance now. */
export function explainLimit(
  reading: LimitReading,
  expected: ExpectedRun | undefined,
  nowMs: number,
): GateDraft {
  return "shards" in reading ? explainSlots(reading, expected, nowMs) : explainRate(reading, nowMs);
}

function explainSlots(
  reading: Extract<LimitReading, { readonly shards: SlotShards }>,
  expected: ExpectedRun | undefined,
  nowMs: number,
): GateDraft {
  const { gate, max } = reading.gate;
  const holders = reading.shards
    .flatMap((shard) => shard?.holders ?? [])
    .toSorted((left, right) => left.sinceMs - right.sinceMs);
  const room = roomIn(reading.shards, max);
  const held = heldIn(reading.shards);
  const shut = reading.before >= room;
  const estimate = shut ? slotEstimate(reading, holders, expected, nowMs) : undefined;
  return {
    kind: "slots",
    gate,
    shut,
    summary: shut
      ? `${held} of ${max} slots of ${gate} are taken; ${lineText(reading)}`
      : `${gate} has ${room} of ${max} slots free`,
    max,
    held,
    holders: holders.slice(0, limits.holdersShownMax),
    ...(shut ? placeOf(reading) : {}),
    ...(estimate === undefined ? {} : { estimate }),
    releases: shut ? releasesOf(gate) : [],
  };
}

/**
 * As if every attempt took as long as this task's: those that run end one after the other, and each
 * slot then goes to the next in line. Undefined where nothing is known of the task's runs.
 */
function slotEstimate(
  { before, beforeIsLeast, gate }: InLine & { readonly gate: SlotGate },
  holders: readonly { readonly sinceMs: number }[],
  expected: ExpectedRun | undefined,
  nowMs: number,
): Estimate | undefined {
  if (expected === undefined || expected.basis === "unknown" || holders.length === 0) {
    return undefined;
  }
  const { runMs, basis } = expected;
  const ends = holders.map(({ sinceMs }) => Math.max(nowMs, sinceMs + runMs));
  // The end that makes room for it: after those for everybody before it.
  const wanted = Math.max(0, before - (gate.max - holders.length));
  const end = ends[wanted % ends.length] ?? nowMs;
  const rounds = Math.floor(wanted / ends.length);
  const known = basis === "history" ? "by what was learned" : "by the task's own estimate";
  return {
    atMs: Math.round(end + rounds * runMs),
    basis:
      `${countText(before, beforeIsLeast)} ahead; ${holders.length} attempts hold slots, and one ` +
      `takes ${secondsText(runMs)} ${known}`,
  };
}

function explainRate(
  reading: Extract<LimitReading, { readonly gate: RateGate }>,
  nowMs: number,
): GateDraft {
  const { before, beforeIsLeast, state } = reading;
  const { gate, rate } = reading.gate;
  const left = startsLeft(rate, state, nowMs);
  const shut = before >= left;
  const turnAtMs = startAtMs(rate, state, nowMs, before);
  const each = `${rate.starts} starts in ${rate.perSeconds} s`;
  return {
    kind: "rate",
    gate,
    shut,
    summary: shut
      ? `${gate} allows ${each}, and ${left === 0 ? "none is left now" : `${left} left go to others first`}; ${lineText(reading)}`
      : `${gate} allows ${each}, and has ${left} left`,
    ...(shut
      ? {
          ...placeOf(reading),
          opensAtMs: startAtMs(rate, state, nowMs, 0),
          estimate: {
            atMs: turnAtMs,
            basis: `${countText(before, beforeIsLeast)} ahead; one may start every ${secondsText(intervalMsOf(rate))}`,
          },
        }
      : {}),
    releases: shut ? releasesOf(gate) : [],
  };
}

function placeOf({ before, beforeIsLeast }: InLine): Pick<GateDraft, "position"> {
  return { position: before + 1, ...(beforeIsLeast ? { positionIsLeast: true as const } : {}) };
}

function lineText({ before, beforeIsLeast }: InLine): string {
  if (before === 0) return "it is the first in line";
  return `${countText(before, beforeIsLeast)} ${before === 1 ? "is" : "are"} before it in line`;
}

function countText(count: number, isLeast: boolean): string {
  return isLeast ? `at least ${count}` : String(count);
}

/** Three significant digits, because no more of them mean anything. */
function secondsText(ms: number): string {
  return `${Number((ms / 1_000).toPrecision(3))} s`;
}

/** Who may raise the bound. */
function releasesOf(gate: string): readonly Release[] {
  const [kind = "", name = ""] = gate.split("/");
  const request = kind === "tenant" ? "PUT /v1/tenant" : `PUT /v1/${kind}s/${name}`;
  const of = kind === "tenant" ? "the tenant" : `the ${kind} ${name}`;
  return [{ action: `raise the bound of ${of}`, request, role: "admin" }];
}
