import { limits } from "../../core/limits.ts";
import { NoQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import {
  AttemptParams,
  BeginRequest,
  CompleteAnswer,
  CompleteRequest,
  HeartbeatAnswer,
  HeartbeatRequest,
  WorkOrder,
} from "./work.ts";

/** What whoever runs an attempt says of it: workers of pools, and the runner in a container. */
export const attemptRoutes = {
  beginAttempt: {
    method: "post",
    path: "/v1/attempts/{id}/begin",
    tag: "Pools",
    summary: "Begin an attempt in a container",
    description:
      "A container that was started for an attempt fetches its order. The first runner has it for " +
      "good: it may ask again and gets the same order, any other one is refused.",
    role: "worker",
    params: AttemptParams,
    query: NoQuery,
    body: {
      schema: BeginRequest,
      example: {
        instanceId: "ins_01jd3k8w0r5h2n6x9q4t7v1b3c",
        runner: "arn:aws:ecs:us-east-1:123456789012:task/switchyard/0123456789abcdef",
      },
    },
    answers: { 200: { description: "The order.", schema: WorkOrder } },
    problems: ["instance_not_found", "attempt_not_current", "conflict"],
  },
  beatAttempt: {
    method: "post",
    path: "/v1/attempts/{id}/heartbeat",
    tag: "Pools",
    summary: "Give a sign of life",
    description:
      "At least three times within the lease. The answer says whether to go on: an attempt that was " +
      "cancelled or replaced, or whose time is up, is to stop.",
    role: "worker",
    params: AttemptParams,
    query: NoQuery,
    body: {
      schema: HeartbeatRequest,
      example: {
        instanceId: "ins_01jd3k8w0r5h2n6x9q4t7v1b3c",
        token: "abcdefghijklmnopqrstuvwx",
        progress: { done: 40, of: 100 },
      },
    },
    answers: { 200: { description: "Whether to go on.", schema: HeartbeatAnswer } },
    problems: ["conflict"],
  },
  completeAttempt: {
    method: "post",
    path: "/v1/attempts/{id}/complete",
    tag: "Pools",
    summary: "Report how an attempt ended",
    description:
      "Harmless when repeated: send it again until it is answered. An output above " +
      `${limits.outputBytesMax} bytes fails the attempt unless it travels by reference.`,
    role: "worker",
    params: AttemptParams,
    query: NoQuery,
    body: {
      schema: CompleteRequest,
      example: {
        instanceId: "ins_01jd3k8w0r5h2n6x9q4t7v1b3c",
        token: "abcdefghijklmnopqrstuvwx",
        outcome: "succeeded",
        output: { pages: 12 },
        usage: { durationMs: 5_210, memoryMbPeak: 181 },
      },
    },
    answers: { 200: { description: "What became of the report.", schema: CompleteAnswer } },
    problems: ["instance_not_found", "payload_not_found", "conflict"],
  },
} as const satisfies Record<string, RouteSpec>;
