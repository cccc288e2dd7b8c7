import { type ECSClient, RunTaskCommand } from "@aws-sdk/client-ecs";
import type {
  AttemptOrder,
  AttemptRef,
  Backend,
  StartOutcome,
} from "../../../../shared/ports/backend.ts";
import type { Ids } from "../../../../shared/ports/clock.ts";
import { priceBy } from "../../../../shared/pricing/price-run.ts";
import type { Architecture } from "../../../../shared/pricing/pricing.ts";
import { tryAws } from "../aws-call.ts";
import { type Pace, realPace } from "../dynamo/table-access.ts";
import { fargateCapabilities, type SpotUse } from "./fargate-capabilities.ts";
import { isLive, sightingOf, stopTask, type TaskAccess, tasksOf } from "./own-tasks.ts";
import {
  type CapacityProvider,
  chooseRun,
  type FargatePlace,
  type FunctionRuntime,
  isError,
  type RunChoice,
  runTaskInput,
} from "./run-task-input.ts";
import { acceptedByConflict, errorOfFailures, outcomeOfError } from "./start-faults.ts";

export interface FargateBackendOptions extends FargatePlace {
  /** Opened with `fargateClientDefaults`. */
  readonly client: ECSClient;
  readonly spot: SpotUse;
  /** What the task definitions are made for. */
  readonly architecture?: Architecture;
  readonly ids: Pick<Ids, "fingerprint">;
  /** The runtime of a deployed function; without an answer it is taken for Node's. */
  readonly runtimeOf?: (order: AttemptOrder) => Promise<FunctionRuntime | undefined>;
  readonly pace?: Pace;
}

/** Starting a container takes ECS longer than others take for their answers. */
export const fargateClientDefaults = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 8_000,
    throwOnRequestTimeout: true,
  },
} as const;

const triesMax = 3;
/** Right after its start, a task may not be listed yet. */
const stopLooksMax = 3;
const stopPauseMs = 500;
const stopReason = "Switchyard: this attempt no longer counts";

/**
 * Runs attempts as tasks of ECS on Fargate, one container each. The attempt's id is the request's
 * client token, so that a repeated start finds the first one, and the task's `startedBy`, by which
 * it is found again.
 */
export function openFargateBackend(options: FargateBackendOptions): Backend {
  const capabilities = fargateCapabilities(options.spot, options.architecture);
  const pace = options.pace ?? realPace;
  const access: TaskAccess = { client: options.client, clusterArn: options.clusterArn, pace };
  return {
    capabilities,
    start: (order) => start(options, pace, order, capabilities.memoryMbDefault),
    stop: (attempt) => stop(access, attempt),
    inspect: async (attempt) => sightingOf(await tasksOf(access, attempt), pace.clock.now()),
    price: priceBy(capabilities.pricing),
  };
}

async function start(
  options: FargateBackendOptions,
  pace: Pace,
  order: AttemptOrder,
  defaultMemoryMb: number,
): Promise<StartOutcome> {
  const runtime =
    order.run.function === undefined && order.run.package !== undefined
      ? await options.runtimeOf?.(order)
      : undefined;
  const choice = chooseRun(options, order, runtime, defaultMemoryMb);
  if (isError(choice)) return { outcome: "refused", error: choice };
  if (options.spot === "off" || order.interruptible !== true) {
    return runOn(options, pace, order, choice, "FARGATE", order.attemptId);
  }
  const onSpot = await runOn(options, pace, order, choice, "FARGATE_SPOT", order.attemptId);
  const full = onSpot.outcome === "refused" && onSpot.error.class === "no_capacity";
  // What reports only by its exit code has nobody to find out that it runs twice; its next attempt
  // is no first try and so goes on demand.
  if (!full || choice.content === "container") return onSpot;
  return runOn(options, pace, order, choice, "FARGATE", onDemandToken(order.attemptId));
}

/**
 * Another token, because the parameters differ: the same one would be a conflict. That starts the
 * attempt once: ECS has said that it started nothing on Spot. Should this start be repeated when
 * Spot has room again, two runners ask for the order, and only the first one gets it.
 */
function onDemandToken(attemptId: string): string {
  return `${attemptId}.on-demand`;
}

async function runOn(
  options: FargateBackendOptions,
  pace: Pace,
  order: AttemptOrder,
  choice: RunChoice,
  provider: CapacityProvider,
  clientToken: string,
): Promise<StartOutcome> {
  const proof = options.ids.fingerprint(order.token);
  const input = runTaskInput(options, order, choice, { provider, clientToken, proof });
  const call = {
    action: "ecs:RunTask",
    target: choice.family,
    // The client token makes a repeated request find the task of the first.
    repeatUnclear: true,
    triesMax,
    pace,
  };
  try {
    const answer = await tryAws(call, () => options.client.send(new RunTaskCommand(input)));
    const externalId = answer.tasks?.[0]?.taskArn;
    if (externalId !== undefined) return { outcome: "accepted", externalId };
    return { outcome: "refused", error: errorOfFailures(choice.family, answer.failures ?? []) };
  } catch (error) {
    return acceptedByConflict(error) ?? outcomeOfError(choice.family, error);
  }
}

async function stop(access: TaskAccess, attempt: AttemptRef): Promise<void> {
  for (let look = 1; look <= stopLooksMax; look++) {
    const tasks = await tasksOf(access, attempt);
    const live = tasks.flatMap((task) =>
      isLive(task) && task.taskArn !== undefined ? [task.taskArn] : [],
    );
    await Promise.all(live.map((task) => stopTask(access, task, stopReason)));
    if (tasks.length > 0 || look === stopLooksMax) return;
    await access.pace.sleep(stopPauseMs);
  }
}
