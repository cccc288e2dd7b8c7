/** The one container of a task definition that counts: overrides name it, and events are read of it. */
export const runContainerName = "run";

/**
 * The environment by which a container finds its attempt: a pointer, never the token and never an
 * input, because whoever may look at tasks of the cluster can read it.
 */
export const containerVariables = {
  apiUrl: "SWITCHYARD_API_URL",
  /** How to sign in there: "iam" signs requests with the container's own role. */
  auth: "SWITCHYARD_AUTH",
  tenant: "SWITCHYARD_TENANT",
  instanceId: "SWITCHYARD_INSTANCE_ID",
  attemptId: "SWITCHYARD_ATTEMPT_ID",
  /** What runs in it: "runner" reports by itself, "container" by its exit code. */
  runs: "SWITCHYARD_RUNS",
  /**
   * The token's fingerprint. ECS hands it back with the news of the container's end, which proves
   * that we started it for this attempt; it lets nobody report a result.
   */
  proof: "SWITCHYARD_PROOF",
} as const;

export const containerContents = ["runner", "container"] as const;
export type ContainerContent = (typeof containerContents)[number];
