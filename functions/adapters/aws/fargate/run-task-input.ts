import type { RunTaskCommandInput } from "@aws-sdk/client-ecs";
import {
  type ContainerContent,
  containerVariables,
  runContainerName,
} from "../../../../shared/contract/container.ts";
import { Name } from "../../../../shared/core/texts.ts";
import type { FunctionSpec } from "../../../../shared/function/function.ts";
import type { AttemptError } from "../../../../shared/instance/instance.ts";
import type { AttemptOrder } from "../../../../shared/ports/backend.ts";
import { type FargateSize, fargateSizeFor } from "../../../../shared/pricing/fargate-sizes.ts";
import { storageMbIncluded } from "./fargate-capabilities.ts";

/** What a deployed function's code is written for. */
export type FunctionRuntime = FunctionSpec["runtime"];

/** Where containers run, and as what. */
export interface FargatePlace {
  readonly clusterArn: string;
  /** Families of the runner's task definitions. */
  readonly runnerFamilies: { readonly node: string; readonly python?: string };
  /** Users' own containers are those whose family starts with this. */
  readonly taskFamilyPrefix: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  /** Subnets without a NAT gateway reach nothing without one. */
  readonly assignPublicIp: boolean;
  /** Where the runner reports to. */
  readonly apiUrl: string;
}

/** What an order asks to be run: a family, and who will speak for it. */
export interface RunChoice {
  readonly family: string;
  readonly content: ContainerContent;
  readonly size?: FargateSize;
}

export type CapacityProvider = "FARGATE" | "FARGATE_SPOT";

/** Chooses family and size; an error where the order cannot run here, whatever AWS would say. */
export function chooseRun(
  place: FargatePlace,
  order: AttemptOrder,
  runtime: FunctionRuntime | undefined,
  defaultMemoryMb: number,
): RunChoice | AttemptError {
  const { memoryMb, cpuCores } = order;
  const content = isRunnable(order) ? "runner" : "container";
  const family = content === "runner" ? runnerFamily(place, runtime) : ownFamily(place, order);
  if (typeof family !== "string") return family;
  // A container of one's own has a size of its own.
  if (content === "container" && memoryMb === undefined && cpuCores === undefined) {
    return { family, content };
  }
  const size = fargateSizeFor({ memoryMb: memoryMb ?? defaultMemoryMb, cpuCores: cpuCores ?? 0 });
  if (size === undefined) {
    return fault("backend_fault", `no Fargate size has ${memoryMb} MB and ${cpuCores} cores`);
  }
  return { family, content, size };
}

function isRunnable({ run }: AttemptOrder): boolean {
  return run.function !== undefined || run.package !== undefined;
}

function runnerFamily(
  { runnerFamilies }: FargatePlace,
  runtime: FunctionRuntime | undefined,
): string | AttemptError {
  if (runtime === undefined || runtime.startsWith("nodejs")) return runnerFamilies.node;
  return (
    runnerFamilies.python ??
    fault("missing_function", `this deployment has no runner for ${runtime} on Fargate`)
  );
}

/** The only way from a task to a family: below the prefix, with a name that cannot leave it. */
function ownFamily(place: FargatePlace, { run }: AttemptOrder): string | AttemptError {
  if (run.container === undefined) {
    return fault("missing_function", "the task has no run.function, run.package or run.container");
  }
  const family = Name.safeParse(run.container.family);
  if (family.success) return `${place.taskFamilyPrefix}${family.data}`;
  return fault("missing_function", "run.container.family is no name of a family");
}

/**
 * The request that starts an attempt. Everything but the size and the pointer is the deployment's:
 * no command, no role, no variable can come from a task or a submission.
 */
export function runTaskInput(
  place: FargatePlace,
  order: AttemptOrder,
  choice: RunChoice,
  attempt: {
    readonly provider: CapacityProvider;
    readonly clientToken: string;
    readonly proof: string;
  },
): RunTaskCommandInput {
  const { size } = choice;
  const storageMb = order.storageMb ?? 0;
  return {
    cluster: place.clusterArn,
    taskDefinition: choice.family,
    count: 1,
    clientToken: attempt.clientToken,
    startedBy: order.attemptId,
    capacityProviderStrategy: [{ capacityProvider: attempt.provider, weight: 1 }],
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...place.subnets],
        securityGroups: [...place.securityGroups],
        assignPublicIp: place.assignPublicIp ? "ENABLED" : "DISABLED",
      },
    },
    overrides: {
      ...(size === undefined
        ? {}
        : { cpu: String(size.cpuCores * 1_024), memory: String(size.memoryMb) }),
      ...(storageMb <= storageMbIncluded
        ? {}
        : { ephemeralStorage: { sizeInGiB: Math.ceil(storageMb / 1_024) } }),
      containerOverrides: [
        {
          name: runContainerName,
          environment: Object.entries(pointerOf(place, order, choice.content, attempt.proof)).map(
            ([name, value]) => ({ name, value }),
          ),
        },
      ],
    },
  };
}

function pointerOf(
  place: FargatePlace,
  order: AttemptOrder,
  content: ContainerContent,
  proof: string,
): Readonly<Record<string, string>> {
  return {
    [containerVariables.apiUrl]: place.apiUrl,
    [containerVariables.auth]: "iam",
    [containerVariables.tenant]: order.tenant,
    [containerVariables.instanceId]: order.instanceId,
    [containerVariables.attemptId]: order.attemptId,
    [containerVariables.runs]: content,
    [containerVariables.proof]: proof,
  };
}

export function isError(choice: RunChoice | AttemptError): choice is AttemptError {
  return "class" in choice;
}

function fault(errorClass: AttemptError["class"], message: string): AttemptError {
  return { class: errorClass, message };
}
