import {
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  StopTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import type { AttemptRef, AttemptSighting } from "../../../../shared/ports/backend.ts";
import { type AwsCall, callAws, messageOf, nameOf } from "../aws-call.ts";
import type { Pace } from "../dynamo/table-access.ts";

export interface TaskAccess {
  readonly client: ECSClient;
  readonly clusterArn: string;
  readonly pace: Pace;
}

const triesMax = 3;
const minuteMs = 60_000;
/** What has not begun by then is stuck and is given up. */
const startMsMax = 15 * minuteMs;
/** So long after its end, news of it should have come. */
const newsMsMax = 2 * minuteMs;

/**
 * The tasks of an attempt, as far as ECS shows them: reads lag behind, and stopped tasks vanish after
 * about an hour. What a runner says its name is, is only believed when we started it for this attempt.
 */
export async function tasksOf(
  access: TaskAccess,
  { attemptId, externalId }: AttemptRef,
): Promise<readonly Task[]> {
  const { client, clusterArn: cluster } = access;
  const listed = await callAws(callOf(access, "ecs:ListTasks", attemptId), () =>
    client.send(new ListTasksCommand({ cluster, startedBy: attemptId })),
  );
  const named = isTaskOf(cluster, externalId) ? [externalId] : [];
  const tasks = [...new Set([...(listed.taskArns ?? []), ...named])];
  if (tasks.length === 0) return [];
  const described = await callAws(callOf(access, "ecs:DescribeTasks", attemptId), () =>
    client.send(new DescribeTasksCommand({ cluster, tasks: tasks.slice(0, 100) })),
  );
  return (described.tasks ?? []).filter(({ startedBy }) => startedBy === attemptId);
}

/** Asks a task to end: SIGTERM, then SIGKILL. Harmless when it has ended or was never there. */
export async function stopTask(access: TaskAccess, task: string, reason: string): Promise<void> {
  const { client, clusterArn: cluster } = access;
  await callAws(callOf(access, "ecs:StopTask", task), async () => {
    try {
      await client.send(new StopTaskCommand({ cluster, task, reason }));
    } catch (error) {
      const gone =
        nameOf(error) === "InvalidParameterException" && /not found/i.test(messageOf(error));
      if (!gone) throw error;
    }
  });
}

/** Of several tasks, the liveliest counts. */
export function sightingOf(tasks: readonly Task[], nowMs: number): AttemptSighting {
  const sightings = tasks.map((task) => sightingOfTask(task, nowMs));
  const liveliest = (["running", "queued", "gone"] as const).find((each) =>
    sightings.includes(each),
  );
  return liveliest ?? "unknown";
}

function sightingOfTask(task: Task, nowMs: number): AttemptSighting {
  switch (task.lastStatus) {
    case "PROVISIONING":
    case "PENDING":
    case "ACTIVATING":
      return nowMs - (task.createdAt?.getTime() ?? nowMs) < startMsMax ? "queued" : "unknown";
    case "STOPPED":
      // Until the news of its end has had time to come, giving it up would only lose what it says.
      return nowMs - (task.stoppedAt?.getTime() ?? nowMs) < newsMsMax ? "running" : "gone";
    case "DELETED":
      return "gone";
    default:
      return "running";
  }
}

/** Tasks that have not stopped. */
export function isLive(task: Task): boolean {
  return task.lastStatus !== "STOPPED" && task.lastStatus !== "DELETED";
}

function isTaskOf(clusterArn: string, name: string | undefined): name is string {
  const [, cluster] = clusterArn.split("/");
  const prefix = `${clusterArn.slice(0, clusterArn.indexOf(":cluster/"))}:task/${cluster}/`;
  return name?.startsWith(prefix) === true && /^[0-9a-f]{32}$/.test(name.slice(prefix.length));
}

function callOf({ pace }: TaskAccess, action: string, target: string): AwsCall {
  return { action, target, repeatUnclear: true, triesMax, pace };
}
