import { readFile } from "node:fs/promises";
import * as z from "zod";

const TaskMetadata = z.object({
  TaskARN: z.string(),
  Limits: z.object({ Memory: z.number().optional() }).optional(),
});

/** Where this container is: its own name, and how much memory it may use. */
export interface ContainerPlace {
  readonly name: string;
  readonly memoryMb?: number;
}

/** Of a container's memory, what the entry point and the runtime need for themselves. */
export const ownMemoryMb = 160;

const answerMsMax = 2_000;
/** Where a control group of either version says its bound; "max" or a huge number means none. */
const boundFiles = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
const boundMbMax = 1_048_576;

/** Asks ECS, or the environment and the system where there is no ECS. */
export async function findContainerPlace(env: NodeJS.ProcessEnv): Promise<ContainerPlace> {
  const address = env.ECS_CONTAINER_METADATA_URI_V4;
  if (address) {
    const response = await fetch(`${address}/task`, { signal: AbortSignal.timeout(answerMsMax) });
    const { TaskARN, Limits } = TaskMetadata.parse(await response.json());
    return { name: TaskARN, ...(Limits?.Memory === undefined ? {} : { memoryMb: Limits.Memory }) };
  }
  const memoryMb = Number(env.SWITCHYARD_MEMORY_MB) || (await boundMb());
  const name = env.SWITCHYARD_RUNNER || `process-${process.pid}`;
  return { name, ...(memoryMb === undefined ? {} : { memoryMb }) };
}

async function boundMb(): Promise<number | undefined> {
  for (const file of boundFiles) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    const bytes = Number(text);
    if (Number.isFinite(bytes) && bytes > 0 && bytes / 1_048_576 < boundMbMax) {
      return Math.floor(bytes / 1_048_576);
    }
  }
  return undefined;
}
