import { limits } from "./limits.ts";
import { stableHash } from "./stable-hash.ts";

/** W3C trace context and baggage, as their headers say them; `baggage` also carries the colour. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
  readonly baggage?: string;
}

/** Headers of a request that may carry a trace; null or absent where there is none. */
export type TraceHeaders = { readonly [Name in keyof TraceContext]?: string | null };

const traceparentForm = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const stateMemberForm = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}$/;
/** `key=value`, perhaps with properties; values are percent-encoded. */
const baggageMemberForm =
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*=[ \t]*[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*([ \t]*;[ \t\x21-\x2b\x2d-\x7e]*)*$/;

/** What the baggage says of Switchyard itself; nobody else may set it. */
const ownMemberPrefix = "switchyard.";

/**
 * The trace that a request belongs to. What is malformed or too large is left out rather than
 * refused: a trace must never be the reason why work is not accepted. Without a traceparent there is
 * no trace to which the other two could belong.
 */
export function traceOfHeaders(headers: TraceHeaders): TraceContext | undefined {
  const traceparent = soundTraceparent(headers.traceparent);
  if (traceparent === undefined) return undefined;
  const tracestate = soundTracestate(headers.tracestate);
  const baggage = foreignBaggage(headers.baggage);
  return {
    traceparent,
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(baggage === undefined ? {} : { baggage }),
  };
}

/** What an attempt leaves to whatever it submits. */
export interface Inherited {
  readonly group?: string;
  /** The instance from which all of this began. */
  readonly colour?: string;
}

const groupForm = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const colourForm = /^ins_[0-9a-z]{26}$/;

/**
 * What a submission inherits by the baggage of the attempt that makes it. Nobody gains anything by
 * making it up: it names a group that the caller may name anyway, and a mark that is only shown.
 */
export function inheritedBy(baggage: string | null | undefined): Inherited {
  if (typeof baggage !== "string" || baggage.length > 2 * limits.baggageCharsMax) return {};
  const group = ownMember(baggage, "group", groupForm);
  const colour = ownMember(baggage, "colour", colourForm);
  return { ...(group === undefined ? {} : { group }), ...(colour === undefined ? {} : { colour }) };
}

/** The last one counts: each attempt writes its own behind what it was given. */
function ownMember(baggage: string, name: string, form: RegExp): string | undefined {
  const start = `${ownMemberPrefix}${name}=`;
  const value = membersOf(baggage)
    .findLast((member) => member.startsWith(start))
    ?.slice(start.length);
  return value !== undefined && form.test(value) ? value : undefined;
}

export interface TracedAttempt {
  readonly instanceId: string;
  readonly attemptId: string;
  readonly group?: string | undefined;
  /** Absent for an instance from which others begin. */
  readonly colour?: string | undefined;
  /** As submitted; without one the instance is the root of a trace of its own. */
  readonly trace?: TraceContext | undefined;
}

/**
 * What an attempt hands on to whatever it calls: a span of its own within the submitter's trace, and
 * the colour in its baggage. Derived from the ids alone, so that it is the same whoever computes it.
 */
export function traceOfAttempt(attempt: TracedAttempt): TraceContext {
  const { instanceId, attemptId, group, colour = instanceId, trace } = attempt;
  const [, , traceId = hexOf(instanceId, 4), , flags = "01"] =
    trace === undefined ? [] : (traceparentForm.exec(trace.traceparent) ?? []);
  const ofGroup = group === undefined ? "" : `,${ownMemberPrefix}group=${group}`;
  const own = `${ownMemberPrefix}instance=${instanceId}${ofGroup},${ownMemberPrefix}colour=${colour}`;
  const baggage = trace?.baggage ?? "";
  return {
    traceparent: `00-${traceId}-${hexOf(attemptId, 2)}-${flags}`,
    ...(trace?.tracestate === undefined ? {} : { tracestate: trace.tracestate }),
    baggage: isColoured(baggage, instanceId) ? baggage : baggage === "" ? own : `${baggage},${own}`,
  };
}

/** A worker makes the envelope anew from what the first one said. */
function isColoured(baggage: string, instanceId: string): boolean {
  return baggage.includes(`${ownMemberPrefix}instance=${instanceId}`);
}

/** In the form of version 00: later versions only add to it. */
function soundTraceparent(text: string | null | undefined): string | undefined {
  if (typeof text !== "string" || text.length > limits.traceparentCharsMax) return undefined;
  const [, version, traceId, parentId, flags, more] = traceparentForm.exec(text.trim()) ?? [];
  if (traceId === undefined || parentId === undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  if (version === "00" && more !== undefined) return undefined;
  return `00-${traceId}-${parentId}-${flags}`;
}

function soundTracestate(text: string | null | undefined): string | undefined {
  if (typeof text !== "string" || text.length > limits.tracestateCharsMax) return undefined;
  const members = membersOf(text);
  const sound = members.length <= 32 && members.every((member) => stateMemberForm.test(member));
  return sound && members.length > 0 ? members.join(",") : undefined;
}

function foreignBaggage(text: string | null | undefined): string | undefined {
  if (typeof text !== "string" || text.length > limits.baggageCharsMax) return undefined;
  const members = membersOf(text);
  if (!members.every((member) => baggageMemberForm.test(member))) return undefined;
  const foreign = members.filter((member) => !member.startsWith(ownMemberPrefix));
  return foreign.length === 0 ? undefined : foreign.join(",");
}

function membersOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
}

/** Never all zero, which traces reserve. */
function hexOf(text: string, words: number): string {
  const hex = stableHash(text, words);
  return /^0+$/.test(hex) ? `${hex.slice(1)}1` : hex;
}
