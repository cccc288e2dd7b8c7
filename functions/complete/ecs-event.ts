import * as z from "zod";
import {
  containerContents,
  containerVariables,
  runContainerName,
} from "../../shared/contract/container.ts";
import { AttemptCredential } from "../../shared/contract/messages.ts";
import { Name } from "../../shared/core/texts.ts";
import { reconcileExit } from "../../shared/instance/reconcile-exit.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import type { MessageReading } from "../runtime/lambda/sqs-batch.ts";

const Variable = z.object({ name: z.string(), value: z.string().optional() });

/**
 * What EventBridge delivers when a task of ECS changes: at least once, in no certain order.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 */
const TaskStateChange = z.object({
  source: z.literal("aws.ecs"),
  "detail-type": z.literal("ECS Task State Change"),
  detail: z.object({
    clusterArn: z.string(),
    taskArn: z.string().min(1).max(256),
    lastStatus: z.string(),
    startedBy: z.string().optional(),
    startedAt: z.iso.datetime().optional(),
    stoppedAt: z.iso.datetime().optional(),
    /** When the container ended; the task ends later, with its network. */
    executionStoppedAt: z.iso.datetime().optional(),
    stopCode: z.string().optional(),
    stoppedReason: z.string().optional(),
    containers: z
      .array(
        z.object({
          name: z.string(),
          exitCode: z.int().optional(),
          reason: z.string().optional(),
        }),
      )
      .default([]),
    overrides: z.object({
      containerOverrides: z
        .array(z.object({ name: z.string(), environment: z.array(Variable).default([]) }))
        .default([]),
    }),
  }),
});
type TaskDetail = z.infer<typeof TaskStateChange>["detail"];

/** What we put into every container that we start for an attempt. */
const Pointer = z.object({
  [containerVariables.tenant]: Name,
  [containerVariables.instanceId]: AttemptCredential.shape.instance.shape.id,
  [containerVariables.attemptId]: AttemptCredential.shape.attempt.shape.id,
  [containerVariables.runs]: z.enum(containerContents),
  [containerVariables.proof]: z.string().regex(/^[0-9a-f]{64}$/),
});
type Pointer = z.infer<typeof Pointer>;

/** True for whatever EventBridge says of itself: such a message is none of Lambda's. */
export function isEcsEvent(json: unknown): boolean {
  return z.object({ source: z.literal("aws.ecs") }).safeParse(json).success;
}

/**
 * What an event of ECS says about an attempt. Only ends count, and the start of a container that
 * cannot report it itself. Ignored when it is of another cluster or no attempt of ours.
 */
export function readEcsEvent(
  json: unknown,
  clusterArn: string | undefined,
): MessageReading<AttemptReport> {
  const parsed = TaskStateChange.safeParse(json);
  if (!parsed.success) return { outcome: "unreadable", reason: z.prettifyError(parsed.error) };
  const { detail } = parsed.data;
  if (clusterArn === undefined || detail.clusterArn !== clusterArn) return { outcome: "ignored" };
  const pointer = pointerOf(detail);
  if (pointer === undefined) return { outcome: "ignored" };
  const report = reportOf(detail, pointer);
  return report === undefined ? { outcome: "ignored" } : { outcome: "read", value: report };
}

/** Undefined for tasks that somebody else started, or that were started by hand. */
function pointerOf({ overrides, startedBy }: TaskDetail): Pointer | undefined {
  const own = overrides.containerOverrides.find(({ name }) => name === runContainerName);
  const variables = (own?.environment ?? []).map(({ name, value }) => [name, value]);
  const pointer = Pointer.safeParse(Object.fromEntries(variables)).data;
  return pointer?.[containerVariables.attemptId] === startedBy ? pointer : undefined;
}

function reportOf(detail: TaskDetail, pointer: Pointer): AttemptReport | undefined {
  const from = {
    tenant: pointer[containerVariables.tenant],
    instanceId: pointer[containerVariables.instanceId],
    attemptId: pointer[containerVariables.attemptId],
    tokenFingerprint: pointer[containerVariables.proof],
    externalId: detail.taskArn,
  };
  const startedAtMs = detail.startedAt === undefined ? undefined : Date.parse(detail.startedAt);
  const content = pointer[containerVariables.runs];
  if (detail.lastStatus === "RUNNING" && content === "container" && startedAtMs !== undefined) {
    return { ...from, kind: "started", atMs: startedAtMs };
  }
  if (detail.lastStatus !== "STOPPED") return undefined;
  const end = reconcileExit({
    target: content === "container" ? "container" : "package",
    ...exitOf(detail),
  });
  if (end === undefined) return undefined;
  return {
    ...from,
    ...end,
    ...(startedAtMs === undefined ? {} : { startedAtMs, ...usageOf(detail, startedAtMs) }),
  };
}

function exitOf({ containers, stopCode, stoppedReason }: TaskDetail) {
  const own = containers.find(({ name }) => name === runContainerName);
  // "Essential container in task exited" says no more than the stop code does.
  const told = stopCode === "EssentialContainerExited" ? undefined : stoppedReason;
  const reasons = [told, own?.reason].filter((part) => part !== undefined && part !== "");
  return {
    ...(own?.exitCode === undefined ? {} : { exitCode: own.exitCode }),
    ...(stopCode === undefined ? {} : { stopCode }),
    ...(reasons.length === 0 ? {} : { reason: [...new Set(reasons)].join("; ") }),
  };
}

function usageOf({ executionStoppedAt, stoppedAt }: TaskDetail, startedAtMs: number) {
  const endedAt = executionStoppedAt ?? stoppedAt;
  if (endedAt === undefined) return {};
  return { usage: { durationMs: Math.max(0, Date.parse(endedAt) - startedAtMs) } };
}
