interface ErrorClassFacts {
  /** Which budget a failure of this class consumes. */
  readonly budget: "task" | "infrastructure";
  /** Whether a retry could help at all; a policy can only narrow this. */
  readonly retryable: boolean;
  readonly meaning: string;
}

/** How attempts fail, told apart whatever the backend. */
export const errorClasses = {
  error: {
    budget: "task",
    retryable: true,
    meaning: "The task's code threw an error or reported failure.",
  },
  crash: {
    budget: "task",
    retryable: true,
    meaning: "The task's process ended before it answered.",
  },
  out_of_memory: {
    budget: "task",
    retryable: true,
    meaning: "The task needed more memory than it may use.",
  },
  timeout: {
    budget: "task",
    retryable: true,
    meaning: "The attempt did not finish within its time.",
  },
  invalid_output: {
    budget: "task",
    retryable: false,
    meaning: "The task returned something that is not JSON or exceeds the output limit.",
  },
  payload_too_large: {
    budget: "task",
    retryable: false,
    meaning: "The backend refused the input because of its size.",
  },
  missing_function: {
    budget: "task",
    retryable: false,
    meaning: "The backend has no such function, module or handler.",
  },
  missing_permission: {
    budget: "task",
    retryable: false,
    meaning: "The control plane may not start this function.",
  },
  outgrown: {
    budget: "infrastructure",
    retryable: true,
    meaning: "The attempt needed more time than its backend can give; a bigger one takes the next.",
  },
  throttled: {
    budget: "infrastructure",
    retryable: true,
    meaning: "The backend is at its rate or concurrency limit.",
  },
  no_capacity: {
    budget: "infrastructure",
    retryable: true,
    meaning: "The backend has no room at the moment.",
  },
  hand_over_lost: {
    budget: "infrastructure",
    retryable: true,
    meaning: "The attempt was handed over but never confirmed.",
  },
  worker_lost: {
    budget: "infrastructure",
    retryable: true,
    meaning: "The worker stopped answering while it held the attempt.",
  },
  backend_fault: {
    budget: "infrastructure",
    retryable: true,
    meaning: "The backend itself failed.",
  },
  over_budget: {
    budget: "task",
    retryable: false,
    meaning: "Nothing was left of a budget that refuses work then, so it never started.",
  },
} as const satisfies Record<string, ErrorClassFacts>;

export type ErrorClass = keyof typeof errorClasses;

export const errorClassNames = Object.keys(errorClasses) as readonly ErrorClass[];

/** The classes a task's retry policy may choose among. */
export const taskErrorClasses = errorClassNames.filter(
  (name) => errorClasses[name].budget === "task" && errorClasses[name].retryable,
);
