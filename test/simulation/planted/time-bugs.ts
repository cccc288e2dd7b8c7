import { bug, type PlantedBug } from "./planted-bug.ts";

const lookAtSchedule = "functions/intake/look-at-schedule.ts";
const lookAtBackfill = "functions/intake/look-at-backfill.ts";
const decideSlots = "shared/schedule/decide-slots.ts";
const slotTimes = "shared/schedule/slot-times.ts";
const changeSchedule = "shared/schedule/change-schedule.ts";

/** Mistakes about when something starts. */
export const timeBugs: readonly PlantedBug[] = [
  bug(
    "a schedule moves on in another write than its instance",
    [
      lookAtSchedule,
      "      putSchedule(withInstance(next, slot, instanceId), loaded.version),\n    ],",
      "    ],",
    ],
    [
      lookAtSchedule,
      "      const fired = withInstance(next, slot, instanceId);\n",
      "      const fired = withInstance(next, slot, instanceId);\n      await engine.store.write([putSchedule(fired, loaded.version)]);\n",
    ],
  ),
  bug("a backfill that runs slots again takes the instances that they had", [
    lookAtBackfill,
    'request.slots === "missing" ? generation : backfillId',
    'request.slots === "missing" ? generation : generation',
  ]),
  bug("a schedule's generation does not grow", [
    changeSchedule,
    "generation: schedule.generation + 1,",
    "generation: schedule.generation,",
  ]),
  bug("a schedule of a deleted one's name begins with its generations anew", [
    "functions/schedules/define-schedule.ts",
    "(await lastGeneration(engine.store, tenant, name)) + 1",
    "((await lastGeneration(engine.store, tenant, name)) >= 0 ? 1 : 0)",
  ]),
  bug("a slot that was refused for contention counts as fired", [
    lookAtSchedule,
    "if (known === undefined) return loadSchedule(",
    "if (known === undefined && nominalMs < 0) return loadSchedule(",
  ]),
  bug("a slot that is a moment late counts as missed", [
    decideSlots,
    "nowMs - effectiveMs <= graceSeconds * 1_000,",
    "nowMs - effectiveMs <= graceSeconds,",
  ]),
  bug("everything that was missed is caught up on", [
    decideSlots,
    "catch_up: max }[policy]",
    "catch_up: max + missed.length }[policy]",
  ]),
  bug("what is to be skipped when missed is fired once", [
    decideSlots,
    "{ skip: 0, fire_once",
    "{ skip: fireOnce, fire_once",
  ]),
  bug("slots fire before their time", [
    decideSlots,
    "facts.slots.due(markOf(schedule), facts.nowMs, limits",
    "facts.slots.due(markOf(schedule), facts.nowMs + 20_000, limits",
  ]),
  bug("a paused schedule fires when it is looked at", [
    decideSlots,
    'if (schedule.state !== "active") return { kind: "rest" };',
    'if (schedule.state === "completed") return { kind: "rest" };',
  ]),
  bug("overlaps are judged by an old instance", [
    slotTimes,
    "latest: { instanceId, nominalMs },",
    "latest: schedule.latest ?? { instanceId, nominalMs },",
  ]),
  bug("the next slot does not wait for room to be made", [
    lookAtSchedule,
    "if (cancel !== undefined) await makeRoom(",
    "if (cancel !== undefined && nominalMs < 0) await makeRoom(",
  ]),
  bug("the wake is forgotten after a slot", [
    slotTimes,
    "...(wakeAtMs === undefined ? {} : { wakeAtMs }),",
    "...(wakeAtMs === undefined || upTo !== undefined ? {} : { wakeAtMs }),",
  ]),
  bug("the timekeeper forgets schedules", [
    "functions/timekeeper/keep-time.ts",
    "if (found.recordHints.length > 0) await",
    "if (found.recordHints.length > 1_000) await",
  ]),
  bug("what came during a pause is forgotten", [
    changeSchedule,
    'const settled = passedOver(present, change.slots, nowMs, "the schedule was paused");',
    "const settled: readonly Slot[] = [];",
  ]),
  bug("a resume by a clock that is behind brings back settled slots", [
    changeSchedule,
    "Math.max(nowMs, markOf(present).dueMs)",
    "Math.min(nowMs, nowMs + markOf(present).dueMs)",
  ]),
  bug("a backfill has one instance more than it may", [
    "shared/schedule/backfill.ts",
    "open.length < request.concurrency",
    "open.length <= request.concurrency",
  ]),
  bug("an event's id is not part of what it is", [
    "shared/event/own-events.ts",
    'typeof dedupKey === "string" ? dedupKey : id;',
    'typeof dedupKey === "string" ? dedupKey : source + id.length;',
  ]),
  bug("what an archive sends again counts wherever it comes", [
    "functions/triggers/take-event.ts",
    'event["replay-name"] !== undefined && !spec.replays',
    'event["replay-name"] === "" && !spec.replays',
  ]),
  bug("triggers that answer each other go on for ever", [
    "shared/event/own-events.ts",
    "if (hops >= limits.eventHopsMax) {",
    "if (hops >= limits.eventHopsMax * 1_000) {",
  ]),
  bug("a cancelled backfill goes on", [
    lookAtBackfill,
    'if (loaded === undefined || loaded.backfill.state !== "running") return;',
    'if (loaded === undefined || loaded.backfill.state === "finished") return;',
  ]),
  bug("a backfill leaves out a slot that was refused for contention", [
    lookAtBackfill,
    'if (result.outcome === "overtaken" && known === undefined) return undefined;',
    "",
  ]),
];
