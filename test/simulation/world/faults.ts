import { openRandomStream, type RandomStream } from "../engine/random-stream.ts";

/**
 * Everything that can go wrong, with the highest rate a seed may give it. A rate is the probability
 * per occasion; windows (outage, throttling) are counted per run instead.
 */
const faultRatesMax = {
  /** An environment stops for good at one of its port calls. */
  kill: 0.25,
  /** A port call takes seconds, now and then longer than its function may run. */
  slowCall: 0.08,
  /** The clock of an environment is off by up to five minutes. */
  skewedClock: 0.5,
  /** The clock of an environment jumps while it works. */
  clockJump: 0.04,
  /** A write is applied, and its answer lost. */
  writeTimedOut: 0.12,
  /** A write fails and is not applied. */
  writeFailed: 0.12,
  readFailed: 0.08,
  /** A write is answered "lost" although nobody else wrote, as transaction conflicts are. */
  contention: 0.25,
  /** Every call of the store fails for a while. */
  outage: 2,
  /** Queries answer from a past up to a minute ago. */
  staleIndex: 0.6,
  hintLost: 0.5,
  hintDoubled: 0.3,
  hintLate: 0.2,
  /** A message comes again although it was processed and deleted. */
  messageDoubled: 0.15,
  messageLate: 0.2,
  /** A message is visible again while its first receiver still works. */
  shortVisibility: 0.5,
  /** What a backend says never arrives. */
  reportLost: 0.2,
  /** Of what an attempt says, only its beginning is lost. */
  startReportLost: 1,
  reportDoubled: 0.3,
  reportLate: 0.2,
  /** Somebody who knows an attempt's id, but not its token, reports for it. */
  reportForged: 0.2,
  startRefused: 0.7,
  /** The start throws; half of the time the attempt runs all the same. */
  startUnknown: 0.25,
  /** The backend runs an accepted attempt twice. */
  startedTwice: 0.15,
  /** The attempt vanishes without a word. */
  attemptSilent: 0.15,
  /** The attempt neither ends nor says anything, and its backend calls it running. */
  attemptHangs: 0.5,
  /** The attempt ignores its time limit and reports long after it. */
  attemptZombie: 0.15,
  /** The worker's clock is off by minutes, now and then by a year. */
  skewedWorker: 0.4,
  heartbeatsStop: 0.4,
  stopIgnored: 0.6,
  /** The executor restarts and forgets everything it had; counted per run. */
  executorRestart: 2,
  /** A container never gets its place, or gets it after everybody has given up. */
  containerStuck: 0.15,
  /** A second container comes for the same attempt, as after a repeated fallback from Spot. */
  containerDoubled: 0.2,
  /** A container cannot be started, which ECS finds out only afterwards. */
  containerNotStarted: 0.2,
  /** A container's capacity is taken back while it runs. */
  spotInterrupted: 0.3,
  /** A runner reports a result and ends with another exit code. */
  exitContradicts: 0.3,
  /** A worker's process ends with all it has, and comes back as a new one; counted per run. */
  workerKilled: 3,
  /** A worker reaches nobody for a while, and goes on; counted per run. */
  workerCutOff: 3,
  /** What a worker or container asked was done, and it does not hear of it. */
  workAnswerLost: 0.2,
  /** The bell for waiting work does not ring. */
  ringLost: 0.5,
  /** A batch that was processed comes again. */
  feedRepeated: 0.3,
  /** A batch is cut differently each time. */
  feedCut: 0.6,
  /** The next batch is delivered while the one before is still worked on. */
  feedOverlap: 0.3,
  publishFailed: 0.3,
  tickMissed: 0.4,
  tickDoubled: 0.5,
  /** A firing of a schedule goes to the dead letters, from where somebody may bring it back, cut short. */
  firingLost: 0.3,
  /** A slot is fired again, as another execution. */
  firingDoubled: 0.3,
  firingLate: 0.3,
  /** What was there before a change fires for a while although the change was acknowledged. */
  firingAfterChange: 0.5,
  /** The service that fires schedules cannot be told. */
  mirrorFailed: 0.3,
  /** It was told, and its answer is lost. */
  mirrorAnswerLost: 0.3,
  /** The bus drops an event for good, as for a missing permission. */
  eventLost: 0.3,
  eventDoubled: 0.4,
  eventLate: 0.3,
} as const;

export type FaultName = keyof typeof faultRatesMax;

export const faultNames = Object.keys(faultRatesMax) as readonly FaultName[];

export type FaultRates = Readonly<Partial<Record<FaultName, number>>>;

/**
 * A random subset of the faults with random rates: each seed is another kind of bad day. Each fault
 * is drawn on its own, so that a new kind of fault leaves the others of a seed as they were.
 */
export function drawFaultRates(seed: number): FaultRates {
  const share = openRandomStream(seed, "share of faults").pick([0, 0.15, 0.3, 0.5, 0.8]);
  const rates: Partial<Record<FaultName, number>> = {};
  for (const name of faultNames) {
    const random = openRandomStream(seed, "rate of", name);
    if (!random.chance(share)) continue;
    rates[name] = Math.round(faultRatesMax[name] * (0.1 + 0.9 * random.next()) * 1e3) / 1e3;
  }
  return rates;
}

/** Decides when faults happen; after healing, never. */
export class Faults {
  readonly happened = new Map<FaultName, number>();
  readonly #rates: FaultRates;
  readonly #random: RandomStream;
  #healed = false;

  constructor(rates: FaultRates, random: RandomStream) {
    this.#rates = rates;
    this.#random = random;
  }

  get healed(): boolean {
    return this.#healed;
  }

  heal(): void {
    this.#healed = true;
  }

  isEnabled(name: FaultName): boolean {
    return this.#rates[name] !== undefined;
  }

  /** Whether the fault happens on this occasion. */
  strikes(name: FaultName): boolean {
    const rate = this.#rates[name];
    if (rate === undefined || this.#healed || !this.#random.chance(rate)) return false;
    this.note(name);
    return true;
  }

  /** How often a fault that is counted per run happens in this one. */
  timesPlanned(name: FaultName): number {
    return Math.round(this.#rates[name] ?? 0);
  }

  note(name: FaultName): void {
    this.happened.set(name, (this.happened.get(name) ?? 0) + 1);
  }
}
