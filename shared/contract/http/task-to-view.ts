import type { TaskHead, TaskVersion } from "../../task/task.ts";
import { isoTime } from "./iso-time.ts";
import type { TaskVersionView, TaskView } from "./views.ts";

/** The task with its newest definition. */
export function taskToView(head: TaskHead, newest: TaskVersion): TaskView {
  const { paused } = head;
  return {
    name: head.name,
    version: newest.taskVersion,
    spec: newest.spec,
    fingerprint: newest.fingerprint,
    ...(paused === undefined
      ? {}
      : {
          paused: {
            at: isoTime(paused.atMs),
            by: paused.by,
            ...(paused.reason === undefined ? {} : { reason: paused.reason }),
          },
        }),
    createdAt: isoTime(head.createdAtMs),
    updatedAt: isoTime(head.updatedAtMs),
    links: { self: `/v1/tasks/${head.name}` },
  };
}

export function taskVersionToView(definition: TaskVersion): TaskVersionView {
  return {
    name: definition.name,
    version: definition.taskVersion,
    spec: definition.spec,
    fingerprint: definition.fingerprint,
    createdAt: isoTime(definition.createdAtMs),
    createdBy: definition.createdBy,
  };
}
