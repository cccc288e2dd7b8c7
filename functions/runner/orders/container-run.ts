import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { containerVariables } from "../../../shared/contract/container.ts";
import type { WorkOrder } from "../../../shared/contract/http/work.ts";
import type { Log } from "../../../shared/ports/log.ts";
import { runWorkOrder } from "../order-run.ts";
import { failureOfCall } from "./call-failure.ts";
import { type ContainerPlace, findContainerPlace, ownMemoryMb } from "./container-place.ts";
import { openMachine } from "./machine.ts";
import { runnerCredentials } from "./runner-credentials.ts";
import { openWorkClient, type WorkClient } from "./work-client.ts";

/** How a container says what became of its result; never what became of the task. */
export const containerExitCodes = {
  /** The result was recorded, or the control plane does not want one from this container. */
  done: 0,
  /** The environment does not say what to run. */
  misused: 64,
  /** The control plane could not be told, or asked. */
  unreported: 75,
  /** It was told to end, and could not hand the attempt back. */
  terminated: 143,
} as const;

export interface ContainerRunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly runnerPath: string;
  readonly log: Log;
  /** Aborted by the signal that ECS sends before it ends a container. */
  readonly leaving: AbortSignal;
}

const beginMsMax = 120_000;
const beginDelayMsMax = 5_000;
/** ECS kills thirty seconds after it has asked. */
const reportMsMax = 20_000;
const abortGraceMs = 4_000;
const taskMemoryMbMin = 64;

/** Runs the one attempt that the environment points at, and answers with the exit code. */
export async function runContainer(options: ContainerRunOptions): Promise<number> {
  const { env, log } = options;
  const url = env[containerVariables.apiUrl];
  const instanceId = env[containerVariables.instanceId];
  const attemptId = env[containerVariables.attemptId];
  if (!url || !instanceId || !attemptId) {
    log.error("the environment names no attempt", { needed: pointers.join(" ") });
    return containerExitCodes.misused;
  }
  const client = openWorkClient(url, runnerCredentials(url, env));
  try {
    const place = await findContainerPlace(env);
    const order = await begin(client, { instanceId, attemptId, runner: place.name }, options);
    if (typeof order === "number") return order;
    return await runOrder(sized(order, place), client, options);
  } finally {
    client.close();
  }
}

const pointers = [
  containerVariables.apiUrl,
  containerVariables.instanceId,
  containerVariables.attemptId,
];

/** The order, or the exit code when there is none to be had. */
async function begin(
  client: WorkClient,
  pointer: { readonly instanceId: string; readonly attemptId: string; readonly runner: string },
  { log, leaving }: ContainerRunOptions,
): Promise<WorkOrder | number> {
  const { attemptId, ...request } = pointer;
  const untilMs = Date.now() + beginMsMax;
  for (let delayMs = 200; ; delayMs = Math.min(2 * delayMs, beginDelayMsMax)) {
    try {
      return await client.begin(attemptId, request);
    } catch (error) {
      const { kind, reason } = failureOfCall(error);
      if (kind !== "passing") {
        log.info("the attempt is not for this container", { attemptId, reason });
        return containerExitCodes.done;
      }
      log.warn("no order yet", { attemptId, reason });
      if (Date.now() > untilMs) return containerExitCodes.unreported;
    }
    await sleep(delayMs, undefined, { signal: leaving }).catch(() => undefined);
    if (leaving.aborted) return containerExitCodes.terminated;
  }
}

async function runOrder(
  order: WorkOrder,
  client: WorkClient,
  { env, runnerPath, log, leaving }: ContainerRunOptions,
): Promise<number> {
  const machine = openMachine({
    functionsRoot: env.SWITCHYARD_FUNCTIONS || "/functions",
    runnerPath,
    packagesFolder: env.SWITCHYARD_PACKAGES || join(tmpdir(), "switchyard-packages"),
    slots: 1,
    allowCommands: false,
    abortGraceMs,
    env,
    log,
  });
  const gone = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const startLeaving = (): void => {
    timer = setTimeout(() => gone.abort(), reportMsMax);
  };
  leaving.addEventListener("abort", startLeaving);
  if (leaving.aborted) startLeaving();
  try {
    const { end, reported } = await runWorkOrder(order, {
      client,
      machine,
      log,
      leaving,
      gone: gone.signal,
    });
    log.info("attempt is over", { attemptId: order.attemptId, outcome: end.outcome, reported });
    await machine.close(abortGraceMs);
    if (reported !== "unreported") return containerExitCodes.done;
    return leaving.aborted ? containerExitCodes.terminated : containerExitCodes.unreported;
  } finally {
    clearTimeout(timer);
  }
}

/** What the task asked for, as far as the container has it: beyond, the system would kill them both. */
function sized(order: WorkOrder, { memoryMb: containerMb }: ContainerPlace): WorkOrder {
  if (containerMb === undefined) return order;
  const roomMb = Math.max(taskMemoryMbMin, containerMb - ownMemoryMb);
  return { ...order, memoryMb: Math.min(order.memoryMb ?? roomMb, roomMb) };
}
