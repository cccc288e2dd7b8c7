import { limits } from "../../core/limits.ts";
import { TaskSpec } from "../../task/task.ts";
import { TaskStatsView } from "./operation-views.ts";
import { NoQuery, PageQuery, PauseAction, StatsQuery, TaskParams } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import { listPage, TaskVersionView, TaskView } from "./views.ts";

/** Defining tasks, and holding them back. */
export const taskRoutes = {
  defineTask: {
    method: "put",
    path: "/v1/tasks/{name}",
    tag: "Tasks",
    summary: "Define a task",
    description:
      "Makes a new version when the definition differs from the newest one; otherwise nothing changes. " +
      "Versions never change and instances keep the version they were submitted with.",
    role: "admin",
    params: TaskParams,
    query: NoQuery,
    headers: {
      "If-Match": {
        description: "The task's ETag: change it only if this is still its newest version.",
      },
    },
    body: {
      schema: TaskSpec,
      example: {
        description: "Makes a thumbnail of one picture.",
        run: { function: { module: "thumbnail.mjs" } },
        needs: { memoryMb: 512, executionSecondsEstimate: 3 },
        retry: { maxAttempts: 5 },
        timeoutSeconds: 60,
      },
    },
    answers: {
      200: { description: "The same definition is already the newest version.", schema: TaskView },
      201: { description: "A new version is in force.", schema: TaskView },
    },
    problems: ["conflict", "precondition_failed", "function_not_found", "function_not_ready"],
  },
  listTasks: {
    method: "get",
    path: "/v1/tasks",
    tag: "Tasks",
    summary: "List the tasks",
    description: "In the order of their names.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of tasks.", schema: listPage(TaskView) } },
    problems: ["invalid_cursor"],
  },
  getTask: {
    method: "get",
    path: "/v1/tasks/{name}",
    tag: "Tasks",
    summary: "Show a task",
    role: "viewer",
    params: TaskParams,
    query: NoQuery,
    answers: { 200: { description: "The task with its newest definition.", schema: TaskView } },
    problems: ["task_not_found"],
  },
  listTaskVersions: {
    method: "get",
    path: "/v1/tasks/{name}/versions",
    tag: "Tasks",
    summary: "List a task's versions",
    description: "Newest first.",
    role: "viewer",
    params: TaskParams,
    query: PageQuery,
    answers: { 200: { description: "A page of versions.", schema: listPage(TaskVersionView) } },
    problems: ["task_not_found", "invalid_cursor"],
  },
  pauseTask: {
    method: "post",
    path: "/v1/tasks/{name}/pause",
    tag: "Tasks",
    summary: "Pause a task",
    description:
      "Instances are still accepted but none is started until the task is resumed; what runs, runs on. " +
      "Pausing a paused task changes nothing.",
    role: "operator",
    params: TaskParams,
    query: NoQuery,
    body: { schema: PauseAction, example: { reason: "the database moves" }, optional: true },
    answers: { 200: { description: "The task, paused.", schema: TaskView } },
    problems: ["task_not_found", "conflict"],
  },
  resumeTask: {
    method: "post",
    path: "/v1/tasks/{name}/resume",
    tag: "Tasks",
    summary: "Resume a task",
    description: `Lets held instances go, the longest waiting first. Up to ${limits.resumeReleasedMax} go at once; more follow by themselves within ${limits.pausedRecheckMs / 60_000} minutes, or at once when this is asked again.`,
    role: "operator",
    params: TaskParams,
    query: NoQuery,
    body: { schema: PauseAction, example: { reason: "the database is back" }, optional: true },
    answers: { 200: { description: "The task, no longer paused.", schema: TaskView } },
    problems: ["task_not_found", "conflict"],
  },
  getTaskStats: {
    method: "get",
    path: "/v1/tasks/{name}/stats",
    tag: "Tasks",
    summary: "Show a task's figures",
    description:
      "Counts and times of the last hours, from the rollups that follow the change feed.",
    role: "viewer",
    params: TaskParams,
    query: StatsQuery,
    answers: { 200: { description: "Totals, per backend and per hour.", schema: TaskStatsView } },
    problems: ["task_not_found"],
  },
} as const satisfies Record<string, RouteSpec>;
