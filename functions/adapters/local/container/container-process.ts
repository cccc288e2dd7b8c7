import { spawn } from "node:child_process";
import { containerVariables } from "../../../../shared/contract/container.ts";
import type { AttemptOrder } from "../../../../shared/ports/backend.ts";
import { lastBytes } from "../../../runner/bounded-log.ts";
import { attemptEnvironment } from "../../../runner/orders/attempt-environment.ts";
import { ownMemoryMb } from "../../../runner/orders/container-place.ts";
import { killGroup } from "../kill-group.ts";

export interface ContainerExit {
  readonly exitCode?: number;
  readonly signal?: string;
  /** The last that it wrote, when it did not end well. */
  readonly reason?: string;
}

export interface ContainerProcess {
  readonly pid: number | undefined;
  /** Asks it to end. */
  terminate(): void;
  kill(): void;
}

export interface ContainerProcessOptions {
  /** The bundled entry point of the runner's image. */
  readonly containerPath: string;
  readonly functionsRoot: string;
  readonly packagesFolder: string;
  /** Where this host listens. */
  readonly url: string;
  readonly memoryMb: number;
  readonly env: NodeJS.ProcessEnv;
}

const lastWordsBytesMax = 1_024;
/** The entry point's own heap; the code has one of its own. */
const entryHeapMb = 96;

/** Starts what ECS would start as a task: the entry point of the runner's image, with a pointer. */
export function startContainerProcess(
  order: AttemptOrder,
  options: ContainerProcessOptions,
  onEnd: (exit: ContainerExit) => void,
): ContainerProcess {
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${entryHeapMb}`, options.containerPath],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...withoutIdentity(options.env), ...pointerOf(order, options) },
      // A group of its own, so that the guard can end it with the host.
      detached: true,
    },
  );
  let lastWords = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("error", () => undefined);
  child.stderr.on("data", (text: string) => {
    lastWords = lastBytes(lastWords + text, lastWordsBytesMax);
  });
  let ended = false;
  const end = (exit: ContainerExit): void => {
    if (ended) return;
    ended = true;
    onEnd(exit);
  };
  child.on("error", (error) => {
    if (child.pid === undefined) end({ reason: error.message });
  });
  child.on("exit", (code, signal) => {
    const line = lastWords.trim().split("\n").at(-1) ?? "";
    end({
      ...(code === null ? {} : { exitCode: code }),
      ...(signal === null ? {} : { signal }),
      ...(code === 0 || line === "" ? {} : { reason: line }),
    });
  });
  return {
    pid: child.pid,
    terminate: () => void child.kill("SIGTERM"),
    kill: () => killGroup(child),
  };
}

function pointerOf(
  order: AttemptOrder,
  options: ContainerProcessOptions,
): Readonly<Record<string, string>> {
  return {
    [containerVariables.apiUrl]: options.url,
    [containerVariables.tenant]: order.tenant,
    [containerVariables.instanceId]: order.instanceId,
    [containerVariables.attemptId]: order.attemptId,
    [containerVariables.runs]: "runner",
    SWITCHYARD_RUNNER: `local-${order.attemptId}`,
    SWITCHYARD_MEMORY_MB: String(options.memoryMb + ownMemoryMb),
    SWITCHYARD_FUNCTIONS: options.functionsRoot,
    SWITCHYARD_PACKAGES: options.packagesFolder,
  };
}

/** This host asks nobody who they are, and the container is not to look for itself in ECS. */
function withoutIdentity(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const {
    [containerVariables.auth]: _auth,
    SWITCHYARD_AWS_REGION: _region,
    ECS_CONTAINER_METADATA_URI_V4: _metadata,
    ...rest
  } = attemptEnvironment(env);
  return rest;
}
