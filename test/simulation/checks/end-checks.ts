import { limits } from "../../../shared/core/limits.ts";
import type { Attempt, Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { ControlPlane } from "../world/control-plane.ts";
import type { FaultName } from "../world/faults.ts";
import { outOfTime } from "../world/simulated-run.ts";
import type { World } from "../world/world.ts";
import type { CommitChecks } from "./commit-checks.ts";
import type { Ledger } from "./ledger.ts";
import { checkRollups } from "./rollup-checks.ts";

export interface EndFacts {
  readonly world: World;
  readonly controlPlane: ControlPlane;
  readonly commits: CommitChecks;
  readonly ledger: Ledger;
  /** Whether everything came to rest before time was up. */
  readonly quiet: boolean;
  readonly healedAtMs: number;
}

/** What must hold when faults have stopped and everything has had time to end. */
export function checkEnd(facts: EndFacts): void {
  const { world, commits, ledger, controlPlane } = facts;
  const instances = [...commits.instances.values()];
  for (const instance of instances) {
    if (!isTerminal(instance.state)) {
      const last = instance.history.at(-1);
      world.violate(
        ledger.acknowledged.has(instance.id) ? "I1 accepted ends" : "I28 progress",
        `${instance.id} is still ${instance.state} (${instance.waiting}): ${last?.reason}`,
      );
    }
    for (const attempt of instance.attempts) checkAttempt(facts, instance, attempt);
  }
  for (const id of ledger.acknowledged) {
    if (!commits.instances.has(id)) world.violate("I1 accepted ends", `${id} has no record`);
  }
  for (const dedupKey of commits.transitions) {
    if (!ledger.published.has(dedupKey))
      world.violate("I17 outbox", `${dedupKey} was not published`);
  }
  for (const dedupKey of ledger.published.keys()) {
    if (!commits.transitions.has(dedupKey)) {
      world.violate("I17 outbox", `${dedupKey} was published but never happened`);
    }
  }
  for (const [name, { counts, size }] of [
    ["hints", controlPlane.hintQueue],
    ["reports", controlPlane.reportQueue],
    ["arrivals", controlPlane.time.intakeQueue],
    ["mirrored records", controlPlane.time.mirrorQueue],
  ] as const) {
    if (counts.sent !== counts.deleted + counts.dead + size) {
      world.violate("I26 message conservation", `${name}: ${JSON.stringify(counts)}, ${size} left`);
    }
  }
  checkRollups(world, instances);
  commits.gates.checkEnd();
  if (!facts.quiet) world.violate("I28 progress", "work goes on although nothing is left to do");
}

/** Faults under which a request to stop may be lost with the invocation that was to make it. */
const stopLosers: readonly FaultName[] = [
  "kill",
  "slowCall",
  "outage",
  "readFailed",
  "writeFailed",
  "writeTimedOut",
  "contention",
  "hintLost",
  "hintLate",
  "messageLate",
  "shortVisibility",
  "clockJump",
  "skewedClock",
];

function checkAttempt(facts: EndFacts, instance: Instance, attempt: Attempt): void {
  const { world, controlPlane } = facts;
  const name = `${instance.id} attempt ${attempt.number}`;
  const { outcome } = attempt;
  if (outcome === undefined) return;
  const stopped = controlPlane.backends.some(({ stops }) => stops.has(attempt.id));
  const mayLoseStops =
    world.config.killAt !== undefined ||
    world.config.longOutage ||
    stopLosers.some((fault) => world.faults.isEnabled(fault));
  // A worker hears of it when it next asks or beats.
  if (endedByUs(attempt) && !stopped && !mayLoseStops && attempt.pull !== true) {
    const invariant = outcome === "cancelled" ? "I7 cancel is final" : "I15 timeouts";
    world.violate(invariant, `${name} (${outcome}) was never asked to stop`);
  }
  checkRunTime(facts, instance, attempt);
}

/** Nothing that has begun outlives its limit by more than looks, ticks and wrong clocks explain. */
function checkRunTime(facts: EndFacts, instance: Instance, attempt: Attempt): void {
  const { world, commits, controlPlane, healedAtMs } = facts;
  const begunAtMs = controlPlane.runBook.begunAtMs.get(attempt.id);
  const endedAtMs = commits.endedAtMs.get(attempt.id);
  if (begunAtMs === undefined || endedAtMs === undefined) return;
  const timeoutMs = instance.timeoutSeconds * 1_000;
  const silentSinceMs = controlPlane.runBook.silentSinceMs.get(attempt.id) ?? Infinity;
  const leaseEndMs = silentSinceMs + (attempt.leaseSeconds ?? Infinity) * 1_000;
  const limitAtMs =
    Math.min(begunAtMs + timeoutMs + limits.wakeGraceMs, leaseEndMs) + limits.handOverMs;
  const wrongClocks = (["skewedClock", "clockJump", "skewedWorker"] as const).some((fault) =>
    world.faults.isEnabled(fault),
  );
  const latestMs = Math.max(limitAtMs, healedAtMs) + slackMs + (wrongClocks ? 600_000 : 0);
  if (endedAtMs <= latestMs) return;
  const name = `${instance.id} attempt ${attempt.number}`;
  world.violate("I15 timeouts", `${name} ran ${endedAtMs - latestMs} ms longer than it may`);
}

/** A wake that was too early, two ticks, and what messages take. */
const slackMs = 200_000;

/** Ended by the control plane's own decision rather than by a report. */
function endedByUs({ outcome, error }: Attempt): boolean {
  if (outcome === "cancelled") return true;
  if (error?.class === "hand_over_lost" || error?.class === "worker_lost") return true;
  return error?.class === "timeout" && error.message !== outOfTime.message;
}
