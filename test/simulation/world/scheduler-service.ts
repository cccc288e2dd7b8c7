import { TransientError } from "../../../shared/core/errors.ts";
import type { Mirror, MirrorOutcome } from "../../../shared/ports/mirror.ts";
import { isExpressionError, parseExpression } from "../../../shared/schedule/expression.ts";
import { type FireRules, nextFire } from "../../../shared/schedule/fires.ts";
import {
  desiredSchedule,
  type FiringPlace,
  type MirroredSchedule,
  scheduleDifferences,
} from "../../../shared/schedule/mirrored-schedule.ts";
import type { Schedule } from "../../../shared/schedule/schedule.ts";
import type { RandomStream } from "../engine/random-stream.ts";
import type { Environment } from "./environment.ts";
import type { World } from "./world.ts";

const place: FiringPlace = { queueArn: "queue", deadLettersArn: "dead letters", roleArn: "role" };

/** One schedule as the service keeps it, until it is changed or deleted. */
interface Kept {
  readonly says: MirroredSchedule;
  readonly rules: FireRules;
  /** It fires until then, by the true clock. */
  untilMs: number;
}

/**
 * What EventBridge Scheduler is: it keeps a schedule for each of ours and fires by the same engine, at
 * least once, sometimes much later, now and then also after it was told to stop.
 */
export class SchedulerService {
  /** Firings on their way. */
  underway = 0;
  readonly #world: World;
  readonly #random: RandomStream;
  readonly #kept = new Map<string, Kept>();
  readonly #deliver: (body: string) => void;

  constructor(world: World, deliver: (body: string) => void) {
    this.#world = world;
    this.#random = world.random("scheduler");
    this.#deliver = deliver;
  }

  /** As a function reaches it: its calls fail before or after they have done their work. */
  openFor(environment: Environment): Mirror<Schedule> {
    const { faults } = this.#world;
    return {
      reconcile: (tenant, name, source) =>
        environment.call(`scheduler ${tenant} ${name}`, async () => {
          if (faults.strikes("mirrorFailed")) throw new TransientError("throttled");
          const outcome = this.#reconcile(`${tenant}/${name}`, source, environment.clock.now());
          if (faults.strikes("mirrorAnswerLost")) throw new TransientError("no answer came");
          return outcome;
        }),
      page: () => Promise.resolve({ items: [], foreign: [] }),
    };
  }

  #reconcile(name: string, source: Schedule | undefined, nowMs: number): MirrorOutcome {
    const says = source && desiredSchedule(source, place, nowMs);
    const present = this.#kept.get(name);
    if (says === undefined) {
      if (present === undefined) return { outcome: "same" };
      this.#replace(name, undefined);
      return { outcome: "changed", what: "deleted", differences: [] };
    }
    const differences = present === undefined ? [] : scheduleDifferences(says, present.says, nowMs);
    if (present !== undefined && differences.length === 0) return { outcome: "same" };
    this.#replace(name, says);
    const what = present === undefined ? "created" : "updated";
    return { outcome: "changed", what, differences };
  }

  #replace(name: string, says: MirroredSchedule | undefined): void {
    const { faults } = this.#world;
    const before = this.#kept.get(name);
    const nowMs = this.#world.wallMs();
    if (before !== undefined) {
      before.untilMs =
        nowMs + (faults.strikes("firingAfterChange") ? this.#random.int(1, 150_000) : 0);
    }
    this.#kept.delete(name);
    const expression = says && parseExpression(says.expression);
    if (says === undefined || expression === undefined || isExpressionError(expression)) return;
    const rules: FireRules = {
      expression,
      timezone: says.timezone,
      // Rates count from the moment at which the service got to know of them.
      anchorMs: says.startMs ?? nowMs,
      ...(says.startMs === undefined ? {} : { startMs: says.startMs }),
      ...(says.endMs === undefined ? {} : { endMs: says.endMs }),
      onClosedDay: "run",
      jitterSeconds: 0,
      jitterSeed: name,
    };
    const kept: Kept = { says, rules, untilMs: Number.POSITIVE_INFINITY };
    this.#kept.set(name, kept);
    if (says.state === "ENABLED") this.#arm(name, kept, nowMs);
  }

  #arm(name: string, kept: Kept, afterMs: number): void {
    const fire = nextFire(kept.rules, afterMs);
    if (fire === undefined) return;
    const { loop } = this.#world;
    loop.after(fire.dueMs - this.#world.wallMs(), `scheduler fires ${name}`, () => {
      if (this.#world.wallMs() > kept.untilMs) return;
      this.#fire(kept, fire.dueMs);
      this.#arm(name, kept, fire.nominalMs);
    });
  }

  #fire({ says }: Kept, dueMs: number): void {
    const { faults } = this.#world;
    const body = (): string =>
      says.input
        .replace("<aws.scheduler.scheduled-time>", new Date(dueMs).toISOString())
        .replace("<aws.scheduler.execution-id>", String(this.#world.serial()));
    if (faults.strikes("firingLost")) {
      if (this.#random.chance(0.3)) this.#bring(body().slice(0, 60), this.#random.int(0, 600_000));
      return;
    }
    const lateMs = faults.strikes("firingLate") ? this.#random.int(5_000, 1_800_000) : 0;
    this.#bring(body(), this.#random.int(1, 4_000) + lateMs);
    if (faults.strikes("firingDoubled")) this.#bring(body(), this.#random.int(0, 300_000));
  }

  #bring(body: string, delayMs: number): void {
    this.underway += 1;
    this.#world.loop.after(delayMs, "firing arrives", () => {
      this.underway -= 1;
      this.#deliver(body);
    });
  }
}
