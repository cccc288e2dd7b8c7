/**
 * What code of tasks finds in its environment: what this process finds, without the options of its
 * Node and without the credential that speaks for the worker.
 */
export function attemptEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = { ...env };
  for (const name of withheld) delete kept[name];
  return kept;
}

const withheld = [
  "NODE_OPTIONS",
  "NODE_CHANNEL_FD",
  "NODE_UNIQUE_ID",
  "SWITCHYARD_TOKEN",
  "SWITCHYARD_TOKEN_FILE",
  "SWITCHYARD_PROOF",
];
