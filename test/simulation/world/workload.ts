import type { RandomStream } from "../engine/random-stream.ts";
import { type GateAct, gateActOf, gatedItemsOf } from "./gates-workload.ts";
import { beatingTask } from "./simulated-run.ts";
import type { World } from "./world.ts";

/** The tasks of every run: their specs cover both backends, all kinds of limits and retry policies. */
export function taskSpecs(random: RandomStream): Readonly<Record<string, unknown>> {
  const functionTarget = { module: "task.mjs" };
  const lambdaTarget = { functionArn: "arn:aws:lambda:eu-west-1:123456789012:function:task:live" };
  const retry = (maxAttempts: number) => ({
    maxAttempts,
    backoff: random.pick(["fixed", "exponential"]),
    delayMs: random.int(0, 8_000),
    delayMsMax: 30_000,
    jitter: random.chance(0.5),
    finalErrors: ["FinalError"],
  });
  /** Long ones are tried less often, so that everything can come to rest in time. */
  const lasting = (shortSeconds: number, longSeconds: number) =>
    random.chance(0.5)
      ? { timeoutSeconds: shortSeconds, retry: retry(random.int(1, 4)) }
      : { timeoutSeconds: longSeconds, retry: retry(random.int(1, 2)) };
  return {
    [lambdaTask]: {
      run: { lambda: lambdaTarget },
      timeoutSeconds: random.int(2, 90),
      retry: retry(random.int(1, 4)),
    },
    either: {
      run: { function: functionTarget, lambda: lambdaTarget },
      backends: random.pick([["executor", "lambda"], ["lambda", "executor"], ["executor"]]),
      timeoutSeconds: random.int(1, 60),
      ...(random.chance(0.5) ? { totalTimeoutSeconds: random.int(30, 400) } : {}),
      retry: retry(random.int(1, 5)),
      group: "grouped",
    },
    [beatingTask]: {
      run: { function: functionTarget },
      timeoutSeconds: random.int(20, 80),
      heartbeatSeconds: random.int(8, 15),
      backends: ["executor"],
      retry: retry(random.int(1, 3)),
    },
    contained: {
      run: { function: functionTarget },
      backends: ["fargate"],
      ...lasting(random.int(5, 120), 1_500),
    },
    fetched: {
      run: { function: functionTarget },
      backends: [poolName],
      ...lasting(random.int(5, 120), 1_500),
      ...(random.chance(0.5) ? { totalTimeoutSeconds: random.int(60, 500) } : {}),
    },
    anywhere: {
      run: { function: functionTarget, lambda: lambdaTarget },
      needs: { executionSecondsEstimate: random.pick([1, 20, 200]) },
      ...lasting(30, 1_200),
      policy: random.pick([
        { name: "cost-first" },
        { name: "latency-first" },
        { name: "balanced", usdPerSecond: 0.0001 },
      ]),
    },
  };
}

const lambdaTask = "function";
const taskNames = [lambdaTask, "either", beatingTask, "contained", "fetched", "anywhere"] as const;

export const tenants = ["acme", "bravo"] as const;

/** The pool that each tenant has. */
export const poolName = "yard";
export const poolSpec = { leaseSeconds: 36, targets: ["function"], usdPerWorkerHour: 0.1 };

export interface SubmitItem {
  readonly task: string;
  readonly input: { readonly n: string; readonly k?: string };
  readonly idempotencyKey?: string;
  readonly delaySeconds?: number;
  readonly startAfterMs?: number;
  readonly startBySeconds?: number;
  readonly priority?: number;
}

/** The last moment to start of an item, counted from the beginning of the run. */
export function startByMsOf(world: World, startBySeconds: number): number {
  return world.epochMs + 60_000 + startBySeconds * 1_000;
}

/** What a client does afterwards with what it submitted, counted from the acknowledgement. */
interface FollowUps {
  readonly cancelAfterMs?: number;
  readonly retryAfterMs?: number;
}

export type ClientCommand = { readonly number: number; readonly atMs: number } & (
  | {
      readonly kind: "submit";
      readonly tenant: string;
      readonly items: readonly SubmitItem[];
      readonly followUps: FollowUps;
      /** How often the client submits again after an answer it did not get. */
      readonly patience: number;
      /** Whether another tenant then asks for what was submitted. */
      readonly spied: boolean;
    }
  | {
      readonly kind: "pause";
      readonly tenant: string;
      readonly task: string;
      readonly forMs: number;
    }
  | { readonly kind: "gates"; readonly tenant: string; readonly act: GateAct }
);

/** Each command is drawn on its own, so that leaving some out changes no other. */
export function commandsOf(world: World): readonly ClientCommand[] {
  const { commands, onlyCommands, faultMinutes } = world.config;
  const numbers = onlyCommands ?? Array.from({ length: commands }, (_, number) => number);
  return numbers.map((number) => {
    const random = world.random("command", number);
    const base = { number, atMs: Math.round(random.next() * faultMinutes * 60_000) };
    const tenant = random.pick(["acme", "acme", "bravo"]);
    const act = gateActOf(world.config.seed, number);
    if (act !== undefined) return { ...base, kind: "gates", tenant, act };
    if (random.chance(0.08)) {
      const task = random.pick(taskNames);
      return { ...base, kind: "pause", tenant, task, forMs: random.int(10_000, 180_000) };
    }
    const count = random.chance(0.12) ? random.int(2, 12) : 1;
    const items = gatedItemsOf(
      world.config.seed,
      number,
      Array.from({ length: count }, (_, place) => itemOf(random, `${number}.${place}`)),
    );
    return {
      ...base,
      kind: "submit",
      tenant,
      items,
      followUps: followUpsOf(random),
      patience: random.int(0, 4),
      spied: random.chance(0.1),
    };
  });
}

function itemOf(random: RandomStream, name: string): SubmitItem {
  const task = random.pick(taskNames);
  // Few keys and two contents per key, so that repeats and conflicts happen.
  const key = random.chance(0.5) ? random.int(0, 9) : undefined;
  if (key !== undefined && random.chance(0.5)) {
    const variant = random.chance(0.8) ? 0 : 1;
    const task = taskNames[key % taskNames.length] ?? lambdaTask;
    return { task, input: { n: `k${key}v${variant}` }, idempotencyKey: `key-${key}` };
  }
  const delay = random.next();
  return {
    task,
    input: { n: name },
    ...(key === undefined ? {} : { idempotencyKey: `own-${name}` }),
    ...(delay < 0.15 ? { delaySeconds: random.int(1, 2_400) / 10 } : {}),
    ...(delay > 0.9 ? { startAfterMs: random.int(0, 400_000) } : {}),
    ...(random.chance(0.15) ? { startBySeconds: random.int(5, 300) } : {}),
    ...(random.chance(0.3) ? { priority: random.int(0, 9) } : {}),
  };
}

function followUpsOf(random: RandomStream): FollowUps {
  return {
    ...(random.chance(0.25)
      ? { cancelAfterMs: random.chance(0.7) ? random.int(0, 3_000) : random.int(0, 200_000) }
      : {}),
    ...(random.chance(0.25) ? { retryAfterMs: random.int(1_000, 300_000) } : {}),
  };
}
