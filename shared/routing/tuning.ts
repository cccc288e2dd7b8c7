/** The figures by which routing learns and judges; docs/routing.md states them. */
export const routingTuning = {
  /** So many runs speak for themselves; below that, what was known beforehand fills up the number. */
  enoughRuns: 5,
  /** Taken for the run time of a task of which nothing at all is known. */
  unknownRunMs: 10_000,
  /** Spread of run times (standard deviation of their logarithm) about a declared estimate. */
  declaredSpread: 0.5,
  /** The same where nothing is known. */
  unknownSpread: 1.5,
  /** A run fits comfortably when it takes at most this share of the time that it would get. */
  comfortableShare: 0.8,
  /** A higher chance than this of not fitting comfortably sets a backend aside. */
  riskMax: 0.1,
  /** Runs on the small backend before their share alone promotes. */
  promoteRunsMin: 10,
  /** A run counts towards the way back when it takes at most this share of the small backend's limit. */
  demoteShare: 0.6,
  /** So many such runs in a row demote. */
  demoteRuns: 20,
  /** Beyond so many runs all counts are halved, so that what is old fades. */
  learnedRunsMax: 200,
  /** What earlier versions of a task taught counts so much once a new one has run. */
  newVersionShare: 0.25,
  /** So many infrastructure failures in a row on one backend, and another one is tried. */
  troubleMax: 2,
  /** After out-of-memory, so many times the size that was not enough. */
  memoryGrowth: 2,
  /** But never more than so many times what its task declares: a leak must not eat the machine. */
  memoryGrowthMax: 8,
} as const;
