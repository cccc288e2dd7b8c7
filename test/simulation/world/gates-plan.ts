import { openRandomStream, type RandomStream } from "../engine/random-stream.ts";

/** What bounds a run's work: in half of the runs nothing does. */
export interface GatesPlan {
  /** Replaces parts of the usual tasks' definitions. */
  readonly patches: Readonly<Record<string, object>>;
  /** Tasks of which one instance at most is open, or which gather submissions. */
  readonly linedTasks: Readonly<Record<string, object>>;
  readonly groups: Readonly<Record<string, object>>;
  readonly limits: Readonly<Record<string, object>>;
  readonly tenant: object | undefined;
}

export const sharedLimit = "shared";
export const boundedGroup = "grouped";
export const paidGroup = "paid";
export const linedTaskNames = ["single", "debounced", "batched"] as const;

/** The tasks that its gates hold back in such runs. */
export const gatedTaskNames = ["function", "either", "contained", "fetched", "anywhere"] as const;

/** The same for a seed wherever it is asked for; undefined where nothing is bounded. */
export function gatesPlanOf(seed: number): GatesPlan | undefined {
  const random = openRandomStream(seed, "gates");
  if (random.chance(0.5)) return undefined;
  const quick = (maxAttempts: number) => ({
    timeoutSeconds: random.int(2, 20),
    retry: { maxAttempts, delayMs: random.int(0, 4_000), jitter: false },
  });
  const shared = {
    limits: [{ name: sharedLimit, ...(random.chance(0.3) ? { key: "input.k" } : {}) }],
  };
  return {
    patches: {
      function: {
        ...quick(random.int(1, 3)),
        ...orNothing(random, 0.8, { concurrency: slotsOf(random) }),
        ...orNothing(random, 0.2, shared),
      },
      either: {
        ...quick(random.int(1, 2)),
        ...orNothing(random, 0.5, shared),
        ...orNothing(random, 0.4, { concurrency: slotsOf(random) }),
      },
      contained: { ...quick(2), ...orNothing(random, 0.8, { group: paidGroup }) },
      fetched: {
        ...quick(2),
        ...orNothing(random, 0.6, { rate: rateOf(random, true) }),
        ...orNothing(random, 0.5, { group: paidGroup }),
        // Nobody can raise the budget of a version that instances run.
        ...orNothing(random, 0.3, { budget: { usdPerDay: 0.0006, whenExhausted: "refuse" } }),
      },
      anywhere: {
        ...quick(random.int(1, 2)),
        ...orNothing(random, 0.5, shared),
        ...orNothing(random, 0.5, { group: paidGroup }),
      },
    },
    linedTasks: linedTasksOf(random, quick),
    groups: { [boundedGroup]: groupOf(random), [paidGroup]: paidGroupOf(random) },
    limits: { [sharedLimit]: limitOf(random) },
    tenant: random.chance(0.3) ? tenantOf(random) : undefined,
  };
}

/** What a client may set anew while work runs; lower or higher, as the seed has it. */
export function limitOf(random: RandomStream): object {
  const concurrency = { concurrency: random.int(1, 3) };
  if (random.chance(0.6)) return concurrency;
  return random.chance(0.5)
    ? { rate: rateOf(random, false) }
    : { ...concurrency, rate: rateOf(random, false) };
}

export function groupOf(random: RandomStream): object {
  return {
    ...orNothing(random, 0.7, { concurrency: random.int(1, 3) }),
    ...orNothing(random, 0.3, { rate: rateOf(random, false) }),
    ...orNothing(random, 0.3, { submissionsPerMinute: random.int(2, 8) }),
  };
}

export function paidGroupOf(random: RandomStream): object {
  return {
    ...orNothing(random, 0.3, { concurrency: random.int(1, 2) }),
    ...orNothing(random, 0.8, { budget: budgetOf(random) }),
  };
}

export function tenantOf(random: RandomStream): object {
  return {
    ...orNothing(random, 0.5, { concurrency: random.int(2, 4) }),
    ...orNothing(random, 0.2, { rate: { starts: 2, perSeconds: random.int(1, 3), burst: 3 } }),
    ...orNothing(random, 0.4, { submissionsPerMinute: random.int(4, 20) }),
    ...orNothing(random, 0.2, { budget: budgetOf(random) }),
  };
}

/** Of a task's concurrency, with or without a key. */
export function slotsOf(random: RandomStream): object {
  return { max: random.int(1, 2), ...orNothing(random, 0.5, { key: "input.k" }) };
}

function rateOf(random: RandomStream, mayHaveKey: boolean): object {
  return {
    starts: random.int(1, 2),
    perSeconds: random.int(1, 8),
    ...orNothing(random, 0.4, { burst: random.int(2, 3) }),
    ...(mayHaveKey ? orNothing(random, 0.4, { key: "input.k" }) : {}),
  };
}

/** Enough for a few attempts, more or less. */
function budgetOf(random: RandomStream): object {
  return {
    usdPerDay: random.pick([0.0001, 0.0002, 0.0003, 0.0006]),
    whenExhausted: random.pick(["queue", "queue", "downgrade", "ask", "ask", "ask", "refuse"]),
  };
}

function linedTasksOf(
  random: RandomStream,
  quick: (maxAttempts: number) => object,
): Readonly<Record<string, object>> {
  const run = { function: { module: "task.mjs" } };
  const key = orNothing(random, 0.5, { key: "input.k" });
  const backends = ["executor"];
  return {
    single: {
      run,
      backends,
      ...quick(2),
      singleton: { ...key, onConflict: random.pick(["return", "refuse", "replace", "replace"]) },
      ...orNothing(random, 0.3, { concurrency: { max: 1 } }),
    },
    debounced: {
      run,
      backends,
      ...quick(2),
      gather: {
        mode: "debounce",
        seconds: random.int(5, 30),
        maxSeconds: random.int(30, 60),
        ...key,
      },
    },
    batched: {
      run,
      backends,
      ...quick(2),
      gather: { mode: "batch", seconds: random.int(5, 60), max: random.int(2, 5), ...key },
      ...orNothing(random, 0.3, { concurrency: { max: 1 } }),
    },
  };
}

function orNothing<Part extends object>(
  random: RandomStream,
  probability: number,
  part: Part,
): Part | Record<string, never> {
  return random.chance(probability) ? part : {};
}
