import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InstanceCommand } from "../../../shared/instance/commands.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { openClaimed } from "../../../shared/instance/open-instance.ts";
import { attemptUsd, roundedUsd } from "../../../shared/pricing/attempt-usd.ts";
import { addRollups, type Rollup } from "../../../shared/rollup/rollup.ts";
import { RollupTally } from "../../../shared/rollup/tally.ts";
import {
  afterwards,
  claim,
  credentialOf,
  definitionOf,
  failure,
  openedBy,
  submittedAtMs as t0,
} from "../instance/instance-maker.ts";

const definition = definitionOf({ heartbeatSeconds: 30, retry: { delayMs: 60_000 } });

const pricing = { model: "lambda", architecture: "arm64" } as const;

/** A life with everything in it: a pause, heartbeats, a failed attempt, a success in the next minute. */
const versions = wholeLife();

describe("the rollups of an instance's life", () => {
  it("count its submission, each attempt and its end once", () => {
    const sums = sumOf(tally(versions), "h-");
    expect(sums).toMatchObject({
      submitted: 1,
      attempts: 2,
      attemptsFailed: 1,
      finished: { succeeded: 1 },
      runMsSum: 5_000 + 700,
    });
  });

  it("charge each attempt once, by its terms and how long it ran", () => {
    const charged = versions.map(({ attempts, ...rest }) => ({
      ...rest,
      attempts: attempts.map((attempt) => ({ ...attempt, pricing, memoryMb: 1_024 })),
    }));
    const [failed, succeeded] = charged.at(-1)?.attempts ?? [];
    if (failed === undefined || succeeded === undefined) throw new Error("it had two attempts");
    const usd = roundedUsd(attemptUsd(failed) + attemptUsd(succeeded));
    expect(usd).toBeCloseTo(2 * 2e-7 + 5.7 * 1.33334e-5, 8);
    expect(sumOf(tally(charged), "h-").usdSum).toBe(usd);
    for (let cut = 0; cut <= charged.length; cut++) {
      const parts = [...tally(charged.slice(0, cut)), ...tally(charged.slice(cut))];
      expect(sumOf(parts, "h-").usdSum).toBe(usd);
    }
    expect(sumOf(tally(versions), "h-").usdSum).toBe(0);
  });

  it("add up with rollups that were stored before prices were counted", () => {
    const rollup = sumOf(tally(versions), "h-");
    const { usdSum: _, ...before } = rollup;
    expect(addRollups(before as Rollup, { ...rollup, usdSum: 0.5 }).usdSum).toBe(0.5);
  });

  it("are the same for both spans of time", () => {
    const rollups = tally(versions);
    const { bucket: _h, ...hours } = sumOf(rollups, "h-");
    const { bucket: _m, ...minutes } = sumOf(rollups, "m-");
    expect(minutes).toEqual(hours);
  });

  it("do not depend on how the changes are cut into batches", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: versions.length })), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), versions.length];
        const parts = places
          .slice(1)
          .flatMap((end, part) => tally(versions.slice(places[part], end)));
        expect(sumOf(parts, "h-")).toEqual(sumOf(tally(versions), "h-"));
        expect(sumOf(parts, "m-")).toEqual(sumOf(tally(versions), "m-"));
      }),
    );
  });

  it("count nothing for changes that neither begin nor end anything", () => {
    const quiet = versions.filter(({ history }) =>
      ["hold", "rearm", "claim", "confirm", "heartbeat"].includes(history.at(-1)?.command ?? ""),
    );
    expect(quiet.length).toBeGreaterThan(5);
    expect(tally(quiet)).toEqual([]);
  });

  it("count an instance that was claimed as it was submitted as one submission, and as no attempt yet", () => {
    const opened = openClaimed(openedBy(definition), claim(1), definition);
    expect(sumOf(tally([opened]), "h-")).toMatchObject({ submitted: 1, attempts: 0, finished: {} });
  });

  it("count an end without an attempt as an end alone", () => {
    const cancelled = afterwards(
      openedBy(definition),
      { name: "cancel", actor: "someone" },
      t0,
      definition,
    );
    expect(sumOf(tally([cancelled]), "h-")).toMatchObject({
      attempts: 0,
      finished: { cancelled: 1 },
      backend: "none",
    });
  });
});

function wholeLife(): readonly Instance[] {
  const lived: Instance[] = [openedBy(definition)];
  const then = (command: InstanceCommand, afterMs: number): Instance => {
    const last = lived.at(-1);
    if (last === undefined) throw new Error("it was never opened");
    const next = afterwards(last, command, t0 + afterMs, definition);
    lived.push(next);
    return next;
  };
  then({ name: "hold", reason: "paused" }, 0);
  then({ name: "release", reason: "resumed" }, 100);
  const first = credentialOf(then(claim(1), 200));
  then({ name: "confirm", ...first, startedAtMs: t0 + 300 }, 350);
  for (let beat = 1; beat < 4; beat++) {
    then({ name: "heartbeat", ...first, atMs: 0 }, 1_000 * beat);
  }
  const failed = then({ name: "fail", ...first, error: failure, random: 0 }, 5_300);
  const second = credentialOf(then(claim(2), failed.dueAtMs - t0));
  const usage = { durationMs: 700 };
  then({ name: "confirm", ...second, startedAtMs: failed.dueAtMs }, failed.dueAtMs - t0 + 10);
  then({ name: "succeed", ...second, usage }, failed.dueAtMs - t0 + 900);
  return lived;
}

function tally(changes: readonly Instance[]): readonly Rollup[] {
  const counted = new RollupTally();
  for (const change of changes) counted.add(change);
  return counted.rollups();
}

/** Over all backends and buckets of one span. */
function sumOf(rollups: readonly Rollup[], span: "h-" | "m-"): Rollup {
  return rollups
    .filter(({ bucket }) => bucket.startsWith(span))
    .reduce((sum, rollup) => addRollups(sum, rollup));
}
