import type { Rejection } from "../../shared/core/errors.ts";

/** What a use case behind the API answers: the value, or why not. Faults of the world are thrown. */
export type UseCaseResult<Value> =
  | { readonly outcome: "done"; readonly value: Value }
  | { readonly outcome: "rejected"; readonly rejection: Rejection };

export function done<Value>(value: Value): UseCaseResult<Value> {
  return { outcome: "done", value };
}

export function rejected(rejection: Rejection): {
  readonly outcome: "rejected";
  readonly rejection: Rejection;
} {
  return { outcome: "rejected", rejection };
}

export function taskNotFound(name: string, suggestion?: string): Rejection {
  return {
    code: "task_not_found",
    detail: `there is no task "${name}"`,
    pointer: "/task",
    suggestion:
      suggestion ??
      "list the tasks with GET /v1/tasks, or define this one with PUT /v1/tasks/{name}",
  };
}

export function instanceNotFound(id: string): Rejection {
  return {
    code: "instance_not_found",
    detail: `there is no instance "${id}"`,
    suggestion:
      "list instances with GET /v1/instances; finished ones are deleted after their keeping time",
  };
}

/** The write may or may not have happened; with an idempotency key a repeat finds out. */
export const notAcknowledged: Rejection = {
  code: "unavailable",
  detail: "the store did not answer in time, so nothing is acknowledged",
  suggestion: "submit again with the same idempotency key",
};
