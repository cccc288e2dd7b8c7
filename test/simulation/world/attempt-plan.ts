import type { ErrorClass } from "../../../shared/instance/error-classes.ts";
import type { AttemptOrder } from "../../../shared/ports/backend.ts";
import type { RandomStream } from "../engine/random-stream.ts";
import type { World } from "./world.ts";

/** What one run of an attempt is going to do. */
export interface AttemptPlan {
  readonly queueMs: number;
  readonly runMs: number;
  readonly end: "succeeds" | "fails" | "vanishes" | "hangs";
  readonly errorClass: ErrorClass;
  readonly errorIsFinal: boolean;
  /** Goes on past its time limit and reports then. */
  readonly outlivesLimit: boolean;
  /** No heartbeat after this time. */
  readonly silentAfterMs: number;
  readonly ignoresStop: boolean;
  /** Whether it says itself, with its last report, when it had begun. */
  readonly namesItsStart: boolean;
  readonly namesItsUsage: boolean;
  readonly outputBytes: number;
  /** By how much the worker's clock is off. */
  readonly skewMs: number;
}

const failures = ["error", "error", "crash", "out_of_memory", "invalid_output"] as const;

/** Drawn from who is run, not from when, so that leaving out one command changes no other's fate. */
export function planAttempt(
  world: World,
  order: Pick<AttemptOrder, "input" | "attempt" | "timeoutMs">,
  run: number,
): AttemptPlan {
  const { faults } = world;
  const random = world.random("plan", JSON.stringify(order.input ?? null), order.attempt, run);
  const healthy = random.chance(0.3) ? "fails" : "succeeds";
  const silent = faults.strikes("attemptSilent") ? "vanishes" : healthy;
  return {
    queueMs: random.chance(0.7) ? random.int(0, 300) : random.int(0, 100_000),
    runMs: runMsOf(random, order.timeoutMs),
    end: faults.strikes("attemptHangs") ? "hangs" : silent,
    errorClass: random.pick(failures),
    errorIsFinal: random.chance(0.1),
    outlivesLimit: faults.strikes("attemptZombie"),
    silentAfterMs: faults.strikes("heartbeatsStop") ? random.int(0, 20_000) : Infinity,
    ignoresStop: faults.strikes("stopIgnored"),
    namesItsStart: random.chance(0.5),
    namesItsUsage: random.chance(0.5),
    outputBytes: random.chance(0.02) ? random.int(1_000, 100_000) : random.int(0, 40),
    skewMs: faults.strikes("skewedWorker") ? skewMsOf(random) : 0,
  };
}

function runMsOf(random: RandomStream, timeoutMs: number): number {
  const kind = random.next();
  if (kind < 0.6) return random.int(1, 2_000);
  if (kind < 0.9) return random.int(1, Math.max(1, Math.round(timeoutMs * 0.95)));
  return random.int(timeoutMs, timeoutMs * 2 + 1_000);
}

function skewMsOf(random: RandomStream): number {
  const year = 365 * 86_400_000;
  return random.chance(0.5) ? random.pick([-year, year]) : random.int(-300_000, 300_000);
}
