import { describe, expect, it } from "vitest";
import { openClaimed } from "../../../shared/instance/open-instance.ts";
import { stateChangesOf } from "../../../shared/instance/state-changes.ts";
import {
  afterwards,
  claim,
  credentialOf,
  definitionOf,
  openedBy,
  submittedAtMs as t0,
} from "./instance-maker.ts";

const definition = definitionOf({ group: "night" });
const opened = openedBy(definition);
const claimed = afterwards(opened, claim(1), t0 + 5, definition);

describe("what others are told of a change", () => {
  it("names the instance, the move and its version, under a key that never changes", () => {
    expect(stateChangesOf(claimed)).toEqual([
      {
        dedupKey: "ins_1#2",
        tenant: "acme",
        instanceId: "ins_1",
        task: "job",
        taskVersion: 1,
        from: "pending",
        to: "dispatched",
        reason: "attempt 1 on local",
        atMs: t0 + 5,
        version: 2,
        attempt: 1,
        group: "night",
        hops: 0,
      },
    ]);
    expect(stateChangesOf(claimed)).toEqual(stateChangesOf({ ...claimed }));
  });

  it("says what made the instance, and how often events of ours have led to it", () => {
    const byEvent = { kind: "event", trigger: "on-end", eventId: "e", hops: 3 } as const;
    const byTime = {
      kind: "schedule",
      schedule: "nightly",
      generation: 1,
      nominalAtMs: 5,
    } as const;
    const [event] = stateChangesOf({ ...opened, origin: byEvent });
    const [slot] = stateChangesOf({ ...opened, origin: byTime });
    expect(event).toMatchObject({ hops: 3, trigger: "on-end" });
    expect(slot).toMatchObject({ hops: 0, schedule: "nightly" });
  });

  it("tells of a submission too, claimed at once or not", () => {
    const atOnce = openClaimed(opened, claim(1), definition);
    expect(stateChangesOf(opened)).toMatchObject([{ dedupKey: "ins_1#1", to: "pending" }]);
    expect(stateChangesOf(atOnce)).toMatchObject([{ dedupKey: "ins_1#1", to: "dispatched" }]);
  });

  it("is silent where the state stays, and where there is no instance any more", () => {
    const held = afterwards(opened, { name: "hold", reason: "paused" }, t0, definition);
    const running = afterwards(
      claimed,
      { name: "confirm", ...credentialOf(claimed), startedAtMs: t0 },
      t0 + 9,
      definition,
    );
    const beat = { name: "heartbeat", ...credentialOf(running), atMs: t0 } as const;
    const lively = afterwards(running, beat, t0 + 20, definition);
    expect([held, lively, undefined].map(stateChangesOf)).toEqual([[], [], []]);
  });
});
