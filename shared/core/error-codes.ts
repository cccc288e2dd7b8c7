interface ErrorCodeFacts {
  readonly status: number;
  /** Whether the same request may succeed later without change. */
  readonly retryable: boolean;
  readonly meaning: string;
}

/** Every code that an answer of the API can carry. Codes are stable; docs/errors.md is generated from this table. */
export const errorCodes = {
  malformed_json: {
    status: 400,
    retryable: false,
    meaning: "The body is not valid JSON, or JSON that cannot be stored unchanged.",
  },
  invalid_field: {
    status: 400,
    retryable: false,
    meaning: "A field has the wrong type, form or range.",
  },
  unknown_field: {
    status: 400,
    retryable: false,
    meaning: "The request has a field that does not exist.",
  },
  invalid_cursor: {
    status: 400,
    retryable: false,
    meaning: "The cursor was not issued for this list.",
  },
  unauthenticated: {
    status: 401,
    retryable: false,
    meaning: "The request carries no valid credential.",
  },
  forbidden: {
    status: 403,
    retryable: false,
    meaning: "The credential's role does not allow this action.",
  },
  host_not_allowed: {
    status: 403,
    retryable: false,
    meaning: "The local host answers only requests addressed to this machine.",
  },
  route_not_found: { status: 404, retryable: false, meaning: "No such path." },
  task_not_found: { status: 404, retryable: false, meaning: "No task has this name." },
  task_version_not_found: {
    status: 404,
    retryable: false,
    meaning: "The task has no such version.",
  },
  instance_not_found: { status: 404, retryable: false, meaning: "No instance has this id." },
  rules_version_not_found: {
    status: 404,
    retryable: false,
    meaning: "The rules have no such version.",
  },
  pool_not_found: { status: 404, retryable: false, meaning: "No pool has this name." },
  worker_not_found: {
    status: 404,
    retryable: false,
    meaning: "The pool has no such worker; it must register first.",
  },
  group_not_found: { status: 404, retryable: false, meaning: "No group has this name." },
  budget_not_found: {
    status: 404,
    retryable: false,
    meaning: "No budget of this name is set: neither the tenant, nor that group or task has one.",
  },
  webhook_not_found: { status: 404, retryable: false, meaning: "No webhook has this name." },
  delivery_not_found: {
    status: 404,
    retryable: false,
    meaning: "The webhook has no such delivery; old ones are deleted.",
  },
  finding_not_found: { status: 404, retryable: false, meaning: "No finding has this id." },
  trigger_not_found: { status: 404, retryable: false, meaning: "No trigger has this name." },
  function_not_found: { status: 404, retryable: false, meaning: "No function has this name." },
  payload_not_found: {
    status: 404,
    retryable: false,
    meaning: "There is no such payload, or it was not uploaded (yet).",
  },
  calendar_not_found: { status: 404, retryable: false, meaning: "No calendar has this name." },
  schedule_not_found: { status: 404, retryable: false, meaning: "No schedule has this name." },
  backfill_not_found: {
    status: 404,
    retryable: false,
    meaning: "The schedule has no such backfill.",
  },
  schedule_completed: {
    status: 409,
    retryable: false,
    meaning: "No slot of the schedule is left; it can be defined anew with other times.",
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    meaning: "The path exists but not with this method.",
  },
  name_taken: {
    status: 409,
    retryable: false,
    meaning: "The name belongs to something else, such as a built-in backend.",
  },
  group_in_use: {
    status: 409,
    retryable: false,
    meaning: "Tasks or open instances still name the group.",
  },
  limit_not_found: { status: 404, retryable: false, meaning: "No limit has this name." },
  limit_in_use: {
    status: 409,
    retryable: false,
    meaning: "Tasks name the limit, so it was not deleted.",
  },
  pool_in_use: {
    status: 409,
    retryable: true,
    meaning: "Attempts wait or run in the pool, so it was not deleted.",
  },
  calendar_in_use: {
    status: 409,
    retryable: false,
    meaning: "Schedules name the calendar, so it was not deleted.",
  },
  limit_reached: {
    status: 409,
    retryable: false,
    meaning: "There are as many of these already as there may be.",
  },
  function_not_ready: {
    status: 409,
    retryable: true,
    meaning: "The function is still being deployed, or its deployment failed.",
  },
  function_in_use: {
    status: 409,
    retryable: false,
    meaning: "The newest version of a task runs this function, so it is not removed.",
  },
  singleton_open: {
    status: 409,
    retryable: false,
    meaning:
      "The task allows one open instance at a time, and another one is open; the detail names it.",
  },
  illegal_transition: {
    status: 409,
    retryable: false,
    meaning: "The instance's state forbids this action.",
  },
  idempotency_conflict: {
    status: 409,
    retryable: false,
    meaning: "The idempotency key was used before with different content.",
  },
  unsafe_address: {
    status: 400,
    retryable: false,
    meaning: "The address leads, or may lead, to where requests of this server must not go.",
  },
  invalid_rule: {
    status: 400,
    retryable: false,
    meaning: "A rule cannot be understood; the detail names line and column.",
  },
  invalid_pattern: {
    status: 400,
    retryable: false,
    meaning: "An event pattern cannot be understood; the pointer names the place.",
  },
  invalid_template: {
    status: 400,
    retryable: false,
    meaning: "A template cannot be understood; the detail names place and character.",
  },
  trigger_would_loop: {
    status: 409,
    retryable: false,
    meaning: "The trigger would match the events of the very instances that it makes.",
  },
  no_feasible_backend: {
    status: 409,
    retryable: false,
    meaning: "No backend can run this task; the detail says why for each.",
  },
  conflict: {
    status: 409,
    retryable: true,
    meaning: "Other writers kept changing the same record; nothing was changed.",
  },
  attempt_not_current: {
    status: 409,
    retryable: false,
    meaning: "The attempt was replaced or is finished; its report changes nothing.",
  },
  precondition_failed: {
    status: 412,
    retryable: false,
    meaning:
      "A condition of the request does not hold, such as that of If-Match; nothing was changed.",
  },
  payload_too_large: {
    status: 413,
    retryable: false,
    meaning: "The body or one of its parts exceeds a limit.",
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    meaning: "The body must be sent as application/json.",
  },
  switched_off: {
    status: 503,
    retryable: false,
    meaning:
      "An administrator has switched the tenant off: nothing is accepted until it is resumed.",
  },
  too_many_requests: {
    status: 429,
    retryable: true,
    meaning: "The store or a limit holds requests back; try again after the stated time.",
  },
  budget_exhausted: {
    status: 429,
    retryable: true,
    meaning: "Nothing is left of a budget that refuses work then; it begins anew at midnight.",
  },
  internal_error: {
    status: 500,
    retryable: true,
    meaning: "A bug in Switchyard. Nothing was acknowledged.",
  },
  unavailable: {
    status: 503,
    retryable: true,
    meaning: "A part that this request needs does not answer. Nothing was acknowledged.",
  },
} as const satisfies Record<string, ErrorCodeFacts>;

export type ErrorCode = keyof typeof errorCodes;
