import { errorClasses } from "../../../shared/instance/error-classes.ts";
import { type Instance, liveAttempt } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { World } from "../world/world.ts";
import { noteMove } from "./note-moves.ts";

const skewMsMax = 5 * 60_000;

/** Entries are added or folded into the last one, never changed, reordered or taken away. */
export function checkHistoryKept(
  world: World,
  before: Instance | undefined,
  after: Instance,
): void {
  const added = after.history.at(-1);
  if (before === undefined || added === undefined) return;
  const folded = (added.count ?? 1) > 1;
  const kept = folded ? before.history.slice(0, -1) : before.history;
  const old = after.history.slice(0, -1);
  for (const [place, entry] of old.entries()) {
    const same = kept[kept.length - old.length + place];
    if (entry === same) continue;
    if (JSON.stringify(entry) === JSON.stringify(same)) continue;
    world.violate("I18 audit", `${after.id}: entry of version ${entry.version} was changed`);
  }
}

/** What an instance is never changes; nor does an attempt that is over. */
export function checkIdentityKept(
  world: World,
  before: Instance | undefined,
  after: Instance,
): void {
  if (before === undefined) return;
  const identity = ["id", "tenant", "task", "taskVersion", "createdAtMs"] as const;
  // What gathers takes the newest submission's priority.
  const isAmended = after.history.at(-1)?.command === "amend";
  const fixed = isAmended ? identity : ([...identity, "priority"] as const);
  for (const field of fixed) {
    if (before[field] !== after[field]) {
      world.violate("I18 audit", `${after.id}: ${field} was changed`);
    }
  }
  const now = new Map(after.attempts.map((attempt) => [attempt.number, attempt]));
  for (const attempt of before.attempts) {
    const same = now.get(attempt.number);
    if (same === undefined) continue;
    if (same.id !== attempt.id || same.token !== attempt.token) {
      world.violate("I3 one live attempt", `${after.id}: attempt ${attempt.number} was replaced`);
    }
    if (attempt.outcome !== undefined && same.outcome !== attempt.outcome) {
      world.violate("I2 terminal once", `${after.id}: attempt ${attempt.number} ended twice`);
    }
  }
}

/** The change itself: what it started from, whom it charged, and whether it came too early. */
export function checkMove(world: World, before: Instance | undefined, after: Instance): void {
  const entry = after.history.at(-1);
  if (entry === undefined) return;
  noteMove(world, before, after, entry);
  const claimed = after.attemptCount - (before?.attemptCount ?? 0);
  if (claimed > 1) world.violate("I3 one live attempt", `${after.id}: ${claimed} attempts at once`);
  if (claimed === 1) checkClaim(world, before, after);
  if (before === undefined) return;
  if (isTerminal(before.state) && entry.command !== "retry") {
    const invariant = before.state === "cancelled" ? "I7 cancel is final" : "I2 terminal once";
    world.violate(invariant, `${after.id}: ${entry.command} followed on ${before.state}`);
  }
  checkCharge(world, before, after);
}

function checkClaim(world: World, before: Instance | undefined, after: Instance): void {
  const dueAtMs = before?.dueAtMs ?? after.dueAtMs;
  const live = liveAttempt(after);
  if (live === undefined) {
    world.violate("I3 one live attempt", `${after.id}: a claim left no live attempt`);
    return;
  }
  if (before !== undefined && liveAttempt(before) !== undefined) {
    world.violate("I3 one live attempt", `${after.id}: claimed while an attempt was live`);
  }
  if (live.claimedAtMs < dueAtMs) {
    world.violate("I10 not early", `${after.id}: claimed ${dueAtMs - live.claimedAtMs} ms early`);
  }
  // Both the claimer's clock and the one that set the time may be off.
  const toleranceMs =
    world.faults.isEnabled("skewedClock") || world.faults.isEnabled("clockJump")
      ? 2 * skewMsMax
      : 0;
  if (world.wallMs() + toleranceMs < dueAtMs) {
    const earlyMs = dueAtMs - world.wallMs();
    world.violate("I10 not early", `${after.id}: claimed ${earlyMs} ms early by the true time`);
  }
  if (live.claimedAtMs < world.epochMs - skewMsMax) {
    world.violate("I30 clock safety", `${after.id}: claimed before the run began`);
  }
}

/** Each end of an attempt charges the budget of its error's class, and no other, by one. */
function checkCharge(world: World, before: Instance, after: Instance): void {
  if (after.round !== before.round) return;
  const ended = liveAttempt(before);
  const error = ended && after.attempts.find(({ number }) => number === ended.number)?.error;
  const over = ended !== undefined && liveAttempt(after)?.number !== ended.number;
  const budget = over && error !== undefined ? errorClasses[error.class].budget : undefined;
  const byTotalTime =
    after.state === "timed_out" &&
    after.history.at(-1)?.atMs !== undefined &&
    (after.finishedAtMs ?? 0) >= (after.deadlineAtMs ?? Infinity);
  const task = after.taskFailures - before.taskFailures;
  const infra = after.infraFailures - before.infraFailures;
  if (byTotalTime && task === 0 && infra === 0) return;
  if (task === Number(budget === "task") && infra === Number(budget === "infrastructure")) return;
  world.violate(
    "I5 retry budget",
    `${after.id}: ${error?.class ?? "no error"} charged ${task} to the task and ${infra} to infrastructure`,
  );
}
