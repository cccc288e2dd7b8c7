import { taskToView, taskVersionToView } from "../../shared/contract/http/task-to-view.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { defineTask } from "../tasks/define-task.ts";
import { pauseTask, resumeTask } from "../tasks/pause-task.ts";
import {
  getTask,
  listTasks,
  listTaskVersions,
  type TaskWithDefinition,
} from "../tasks/read-tasks.ts";
import { taskStats } from "../tasks/task-stats.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";
import { versionOfEtag } from "./wire/if-match.ts";

type TaskHandlers = Pick<
  Handlers,
  | "defineTask"
  | "listTasks"
  | "getTask"
  | "listTaskVersions"
  | "pauseTask"
  | "resumeTask"
  | "getTaskStats"
>;

const statsHoursDefault = 24;

export function taskHandlers({ engine }: ApiDeps): TaskHandlers {
  return {
    async defineTask({ context, params, body, request }) {
      const onlyIfVersion = versionOfEtag(request.headers.get("if-match"), "a task");
      const result = await defineTask(engine, context, params.name, body, onlyIfVersion);
      if (result.outcome === "rejected") throw new RejectionError(result.rejection);
      return taskAnswer(result.value, result.value.created ? 201 : 200);
    },
    async listTasks({ context, query }) {
      const { tasks, ...page } = await listTasks(engine, context.tenant, query);
      const items = tasks.map(({ head, definition }) => taskToView(head, definition));
      return answer(200, { items, ...page });
    },
    async getTask({ context, params }) {
      return taskAnswer(await getTask(engine, context.tenant, params.name));
    },
    async listTaskVersions({ context, params, query }) {
      const { name } = params;
      const { versions, ...page } = await listTaskVersions(engine, context.tenant, name, query);
      return answer(200, { items: versions.map(taskVersionToView), ...page });
    },
    async pauseTask({ context, params, body }) {
      return taskAnswer(await pauseTask(engine, context, params.name, body.reason));
    },
    async resumeTask({ context, params, body }) {
      return taskAnswer(await resumeTask(engine, context, params.name, body.reason));
    },
    async getTaskStats({ context, params, query }) {
      const hours = query.hours ?? statsHoursDefault;
      return answer(200, await taskStats(engine, context.tenant, params.name, hours));
    },
  };
}

function taskAnswer({ head, definition }: TaskWithDefinition, status = 200): Response {
  const view = taskToView(head, definition);
  return answer(status, view, {
    etag: `"${definition.taskVersion}"`,
    ...(status === 201 ? { location: view.links.self } : {}),
  });
}
