/** Physical names that stacks and policies agree on, each with the stage in it. */
export const executionNames = {
  cluster: (stage: string) => `switchyard-${stage}`,
  runnerFamily: (stage: string) => `switchyard-${stage}-runner`,
  pythonRunnerFamily: (stage: string) => `switchyard-${stage}-runner-python`,
  /** Families of users' own containers start with this. */
  taskFamilyPrefix: (stage: string) => `switchyard-${stage}-task-`,
  runnerRole: (stage: string) => `switchyard-${stage}-runner`,
  pythonRunnerRole: (stage: string) => `switchyard-${stage}-runner-python`,
  taskRole: (stage: string, name: string) => `switchyard-${stage}-task-${name}`,
  /** Roles of worker fleets start with this; all of them may speak the worker protocol. */
  workerRolePrefix: (stage: string) => `switchyard-${stage}-worker-`,
  dispatchRole: (stage: string) => `switchyard-${stage}-dispatch`,
  poolListenerRole: (stage: string) => `switchyard-${stage}-pool-listener`,
  poolQueuePrefix: (stage: string) => `switchyard-${stage}-pool-`,
} as const;
