import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import type { Attempt, Instance } from "../../../shared/instance/instance.ts";
import { emptyProfile, learn } from "../../../shared/routing/learn.ts";
import { digestOf } from "../../../shared/routing/learned-sketch.ts";
import type { TaskProfile } from "../../../shared/routing/profile.ts";
import { routingTuning } from "../../../shared/routing/tuning.ts";
import { definitionOf, openedBy, submittedAtMs } from "../instance/instance-maker.ts";

const opened = openedBy(definitionOf());
const { promoteRunsMin, demoteRuns, learnedRunsMax } = routingTuning;

/** An instance as the write left it that ended its attempt. */
function ended(attempt: Partial<Attempt>, changes: Partial<Instance> = {}): Instance {
  const claimedAtMs = submittedAtMs;
  const whole: Attempt = {
    number: 1,
    id: "att_1",
    token: "t",
    round: 1,
    backend: "lambda",
    claimedAtMs,
    startedAtMs: claimedAtMs + 400,
    finishedAtMs: claimedAtMs + 1_000,
    outcome: "succeeded",
    ...attempt,
  };
  return {
    ...opened,
    version: 3,
    attempts: [whole],
    history: [
      {
        version: 3,
        atMs: submittedAtMs + 1_000,
        command: whole.outcome === "succeeded" ? "succeed" : "fail",
        from: "running",
        to: whole.outcome === "succeeded" ? "succeeded" : "failed",
        reason: "",
        attempt: 1,
      },
    ],
    ...changes,
  };
}

/** A success of that length on Lambda, whose limit cut its time. */
const run = (durationMs: number): Instance => ended({ timeoutMs: 900_000, usage: { durationMs } });
const onFargate = (durationMs: number): Instance =>
  ended({ backend: "fargate", usage: { durationMs } });
const timedOut = ended({
  timeoutMs: 900_000,
  outcome: "timed_out",
  usage: { durationMs: 900_000 },
  error: { class: "outgrown", message: "it needed more" },
});

function taught(lessons: readonly Instance[], from?: TaskProfile): TaskProfile {
  return lessons.reduce(learn, from ?? emptyProfile("acme", "job", 1));
}
const times = <Of>(count: number, of: Of): readonly Of[] => Array<Of>(count).fill(of);
const isPromoted = ({ placements }: TaskProfile): boolean => placements.b0?.promoted ?? false;
const flips = (profile: TaskProfile): readonly string[] => profile.flips.map(({ to }) => to);

describe("a task is promoted", () => {
  it("at once after a real time-out at the backend's limit", () => {
    const profile = taught([timedOut]);
    expect(profile.placements.b0).toEqual({
      promoted: true,
      sinceMs: submittedAtMs + 1_000,
      reason: "the last run needed more than Lambda's 15 minutes (timed out after 900 s on 20 Nov)",
      fits: 0,
      tooSmall: { backend: "lambda", limitMs: 900_000 },
    });
    expect(flips(profile)).toEqual(["promoted"]);
  });

  it("when enough of its runs come near the limit", () => {
    const near = taught([...times(promoteRunsMin - 2, run(10_000)), run(800_000)]);
    expect(isPromoted(near)).toBe(false);
    const tooNear = taught([run(850_000)], near);
    expect(tooNear.placements.b0?.reason).toBe(
      "20 % of its last runs needed more than 720 of Lambda's 900 s",
    );
  });

  it("not by few long runs, nor by a tenth of them", () => {
    expect(isPromoted(taught(times(promoteRunsMin - 1, run(890_000))))).toBe(false);
    expect(isPromoted(taught([...times(9, run(10_000)), run(890_000)]))).toBe(false);
    expect(isPromoted(taught(times(50, run(700_000))))).toBe(false);
  });

  it("not by its own time limit, which would be the same anywhere", () => {
    const own = ended({ outcome: "timed_out", error: { class: "timeout", message: "too slow" } });
    expect(isPromoted(taught(times(30, own)))).toBe(false);
  });

  it("for inputs of like size only", () => {
    const large = { ...timedOut, input: "x".repeat(50_000) };
    const profile = taught([large]);
    expect(Object.keys(profile.placements)).toEqual(["b2"]);
    expect(profile.flips[0]?.sizeBucket).toBe("b2");
  });
});

describe("a promoted task comes back", () => {
  const promoted = taught([timedOut]);

  it("after enough runs in a row that would have fit with room to spare", () => {
    const nearly = taught(times(demoteRuns - 1, onFargate(540_000)), promoted);
    expect(nearly.placements.b0).toMatchObject({ promoted: true, fits: demoteRuns - 1 });
    const back = taught([onFargate(540_000)], nearly);
    expect(back.placements.b0?.promoted).toBe(false);
    expect(flips(back)).toEqual(["promoted", "demoted"]);
  });

  it("not while every now and then one would not have fit", () => {
    const mixed = [...times(demoteRuns - 1, onFargate(10_000)), onFargate(541_000)];
    const profile = taught([...mixed, ...mixed, ...mixed], promoted);
    expect(isPromoted(profile)).toBe(true);
    expect(flips(profile)).toEqual(["promoted"]);
    expect(profile.placements.b0?.fits).toBe(0);
  });

  it("forgetting what made it leave, so that it does not leave again at once", () => {
    const back = taught(times(demoteRuns, onFargate(10_000)), promoted);
    expect(back.learned.lambda).toEqual({});
    expect(isPromoted(taught(times(promoteRunsMin, run(10_000)), back))).toBe(false);
  });

  it("and leaves again after the next time-out, each change on record, the newest kept", () => {
    let profile = promoted;
    for (let round = 0; round < limits.flipsKept; round++) {
      profile = taught([...times(demoteRuns, onFargate(10_000)), timedOut], profile);
    }
    expect(profile.flips).toHaveLength(limits.flipsKept);
    expect(flips(profile).slice(-2)).toEqual(["demoted", "promoted"]);
  });

  it("from memory by what its runs use", () => {
    const killed = ended({
      fixedSize: true,
      memoryMb: 512,
      outcome: "failed",
      error: { class: "out_of_memory", message: "killed" },
    });
    const away = taught([killed]);
    expect(away.placements.b0?.tooSmall).toEqual({ backend: "lambda", memoryMb: 512 });
    const using = (memoryMbPeak: number): Instance =>
      ended({ backend: "fargate", usage: { durationMs: 1_000, memoryMbPeak } });
    expect(isPromoted(taught(times(60, using(400)), away))).toBe(true);
    expect(isPromoted(taught(times(60, onFargate(1_000)), away))).toBe(true);
    expect(isPromoted(taught(times(demoteRuns, using(300)), away))).toBe(false);
  });
});

describe("what a profile learns", () => {
  it("counts for less as it grows old, so that a new behaviour shows within bounds", () => {
    const old = taught(times(learnedRunsMax, run(10_000)));
    expect(old.learned.lambda?.b0?.runs).toBe(learnedRunsMax);
    const newer = taught(times(learnedRunsMax, run(60_000)), old);
    const sketch = newer.learned.lambda?.b0?.runMs ?? {};
    expect(digestOf(sketch)?.shareAbove(30_000)).toBeGreaterThan(0.6);
    const later = taught(times(learnedRunsMax * 3, run(60_000)), newer);
    const digest = digestOf(later.learned.lambda?.b0?.runMs ?? {});
    expect(digest?.shareAbove(30_000)).toBeGreaterThan(0.9);
    expect(digest?.count).toBeLessThanOrEqual(learnedRunsMax);
  });

  it("counts for a quarter once a new version has run; older versions then teach nothing", () => {
    const old = taught(times(40, run(10_000)));
    const renewed = taught([ended({}, { taskVersion: 2 })], old);
    expect(renewed).toMatchObject({ taskVersion: 2, learned: { lambda: { b0: { runs: 11 } } } });
    expect(taught(times(5, run(10_000)), renewed).learned).toEqual(renewed.learned);
  });

  it("is no run time when a run failed by itself, but a wait all the same", () => {
    const failed = ended({ outcome: "failed", error: { class: "error", message: "no" } });
    const learned = taught([failed]).learned.lambda?.b0;
    expect(learned).toMatchObject({ runs: 0, runMs: {} });
    expect(digestOf(learned?.waitMs ?? {})?.count).toBe(1);
  });

  it("is the least memory that it needs, which only grows", () => {
    const killed = (memoryMb: number) =>
      ended({ memoryMb, outcome: "failed", error: { class: "out_of_memory", message: "killed" } });
    const profile = taught([killed(1_024), killed(512)]);
    expect(profile.memoryMbFloor).toBe(2_048);
  });

  it("is how often it is submitted, by the present hour and the one before", () => {
    const submittedAt = (atMs: number): Instance => ({
      ...opened,
      history: opened.history.map((entry) => ({ ...entry, atMs })),
    });
    const hour = 3_600_000;
    const lessons = [0, 1, 1, 2, 2, 2].map((at) => submittedAt(submittedAtMs + at * hour));
    const first = Math.floor(submittedAtMs / hour);
    expect(taught(lessons).hourly).toEqual({ [first + 1]: 2, [first + 2]: 3 });
    expect(taught([...lessons].reverse()).hourly).toEqual({ [first + 1]: 2, [first + 2]: 3 });
  });

  it("is nothing from writes that neither begin nor end anything, nor from the same one again", () => {
    const claimed: Instance = { ...opened, version: 9 };
    const profile = emptyProfile("acme", "job", 1);
    expect(learn(profile, claimed)).toBe(profile);
  });

  it("stays small", () => {
    const lessons = Array.from({ length: 3_000 }, (_, n) =>
      ended({
        backend: n % 2 === 0 ? "lambda" : "fargate",
        startedAtMs: submittedAtMs + ((n * 7_919) % 90_000),
        usage: { durationMs: 50 + ((n * 104_729) % 800_000), memoryMbPeak: 60 + (n % 900) },
      }),
    );
    expect(JSON.stringify(taught(lessons)).length).toBeLessThan(4_500);
  });
});
