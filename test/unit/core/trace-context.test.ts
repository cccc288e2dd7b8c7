import { describe, expect, it } from "vitest";
import { openIds } from "../../../functions/runtime/system-ports.ts";
import { limits } from "../../../shared/core/limits.ts";
import { inheritedBy, traceOfAttempt, traceOfHeaders } from "../../../shared/core/trace-context.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
const instanceId = "ins_01kaq3v5cs7h2m4d9x8w6t0r1b";
const attemptId = "att_01kaq3v5d20c8r6k1n5j7w3y9e";

describe("the trace that headers carry", () => {
  it("is taken as it is when it is sound", () => {
    const headers = { traceparent, tracestate: "a=1,b@vendor=2", baggage: "user=ada;p=1,plan=pro" };
    expect(traceOfHeaders(headers)).toEqual(headers);
  });

  it("is read from a later version in the form of ours", () => {
    const later = `${traceparent.replace("00-", "cc-")}-what-comes`;
    expect(traceOfHeaders({ traceparent: later })).toEqual({ traceparent });
  });

  it.each([
    null,
    undefined,
    "",
    traceparent.toUpperCase(),
    traceparent.slice(1),
    `${traceparent}-00`,
    traceparent.replace("00-", "ff-"),
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    "x".repeat(10_000),
  ])("is none when the traceparent is %j, whatever else is there", (malformed) => {
    const headers = { traceparent: malformed ?? null, tracestate: "a=1", baggage: "user=ada" };
    expect(traceOfHeaders(headers)).toBeUndefined();
  });

  it.each([
    "A=1",
    "a",
    `a=${"x".repeat(257)}`,
    "a=1;é",
    `a=${"x".repeat(limits.tracestateCharsMax)}`,
  ])("goes without a tracestate that is malformed or too long: %s", (tracestate) => {
    expect(traceOfHeaders({ traceparent, tracestate })).toEqual({ traceparent });
  });

  it.each(["user", "us er=1", 'user="x"', `user=${"x".repeat(limits.baggageCharsMax)}`])(
    "goes without baggage that is malformed or too long: %s",
    (baggage) => {
      expect(traceOfHeaders({ traceparent, baggage })).toEqual({ traceparent });
    },
  );

  it("cannot say what only Switchyard says", () => {
    const baggage = "switchyard.group=admin, user=ada ,switchyard.instance=other";
    expect(traceOfHeaders({ traceparent, baggage })?.baggage).toBe("user=ada");
  });
});

describe("what a submission inherits", () => {
  it("is the group and the colour of the attempt that makes it", () => {
    const { baggage } = traceOfAttempt({ instanceId, attemptId, group: "media" });
    expect(inheritedBy(baggage)).toEqual({ group: "media", colour: instanceId });
    const child = "ins_01kaq3v5d20c8r6k1n5j7w3y9f";
    const next = traceOfAttempt({ instanceId: child, attemptId, colour: instanceId });
    expect(inheritedBy(next.baggage)).toEqual({ colour: instanceId });
  });

  it("is what was written last, since each attempt writes behind what it was given", () => {
    expect(inheritedBy("switchyard.group=a,user=ada,switchyard.group=b")).toEqual({ group: "b" });
  });

  it.each([
    null,
    "",
    "user=ada",
    "switchyard.group=",
    "switchyard.group=no good",
    "switchyard.group=a;prop=1",
    "switchyard.colour=ins_1",
    `switchyard.group=${"a".repeat(64)}`,
    `switchyard.group=a,${"x=1,".repeat(1_000)}`,
  ])("is nothing where the baggage says %j", (baggage) => {
    expect(inheritedBy(baggage)).toEqual({});
  });
});

describe("the trace that an attempt hands on", () => {
  it("is a span of its own in the submitter's trace, with the colour", () => {
    const trace = { traceparent, tracestate: "a=1", baggage: "user=ada" };
    const handed = traceOfAttempt({ instanceId, attemptId, group: "media", trace });
    expect(handed).toMatchObject({
      tracestate: "a=1",
      baggage: `user=ada,switchyard.instance=${instanceId},switchyard.group=media,switchyard.colour=${instanceId}`,
    });
    const [version, sameTrace, span, flags] = handed.traceparent.split("-");
    expect([version, sameTrace, flags]).toEqual(["00", traceId, "01"]);
    expect(span).not.toBe("b7ad6b7169203331");
  });

  it("is the root of its own trace without one, the same whoever asks", () => {
    const handed = traceOfAttempt({ instanceId, attemptId });
    expect(handed).toEqual(traceOfAttempt({ instanceId, attemptId }));
    expect(traceOfHeaders(handed)?.traceparent).toBe(handed.traceparent);
    const next = traceOfAttempt({ instanceId, attemptId: "att_01kaq3v5d20c8r6k1n5j7w3y9f" });
    const [, trace, span] = handed.traceparent.split("-");
    const [, nextTrace, nextSpan] = next.traceparent.split("-");
    expect(nextTrace).toBe(trace);
    expect(nextSpan).not.toBe(span);
  });

  it("stays the same when a worker makes the envelope anew from it", () => {
    const trace = { traceparent, baggage: "user=ada" };
    const handed = traceOfAttempt({ instanceId, attemptId, group: "media", trace });
    expect(traceOfAttempt({ instanceId, attemptId, trace: handed })).toEqual(handed);
  });

  it("differs for all of many ids", () => {
    const ids = openIds();
    const handed = Array.from({ length: 20_000 }, () =>
      traceOfAttempt({ instanceId: ids.newId("ins", 1), attemptId: ids.newId("att", 1) }),
    );
    expect(new Set(handed.map((one) => one.traceparent.slice(3, 35))).size).toBe(20_000);
    expect(new Set(handed.map((one) => one.traceparent.slice(36, 52))).size).toBe(20_000);
  });
});
