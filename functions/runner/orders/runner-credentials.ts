import { readFile } from "node:fs/promises";
import { credentialsFor, regionOf } from "../../../client/cli/credentials.ts";
import type { RequestSigner } from "../../../client/sdk/request-sender.ts";
import { signForAws } from "../../../client/sdk/sign-aws.ts";
import { openEcsCredentials } from "./ecs-credentials.ts";

export interface RunnerCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly sign: RequestSigner | undefined;
}

/**
 * How a runner shows who it is: as the command line does, and on top of that with credentials that
 * renew themselves, because a runner lives longer than a token: those of its container's role
 * (SWITCHYARD_AUTH=iam), or a token in a file that somebody keeps fresh (SWITCHYARD_TOKEN_FILE).
 */
export function runnerCredentials(server: string, env: NodeJS.ProcessEnv): RunnerCredentials {
  const tokenFile = env.SWITCHYARD_TOKEN_FILE;
  if (tokenFile) return { headers: {}, sign: signWithFile(tokenFile) };
  const { headers = {}, sign } = credentialsFor(server, env);
  const signs = sign !== undefined || Object.keys(headers).length > 0;
  if (signs || env.SWITCHYARD_AUTH !== "iam") return { headers, sign };
  const region = env.SWITCHYARD_AWS_REGION || regionOf(server) || env.AWS_REGION;
  const credentials = openEcsCredentials(env);
  if (region === undefined || credentials === undefined) {
    throw new Error(
      "SWITCHYARD_AUTH is iam, but there is no AWS identity: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, or run with a role",
    );
  }
  return { headers: {}, sign: signForAws({ region, credentials }) };
}

function signWithFile(file: string): RequestSigner {
  return async (request) => {
    const token = (await readFile(file, "utf8")).trim();
    return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
  };
}
