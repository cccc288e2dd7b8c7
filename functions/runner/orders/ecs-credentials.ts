import { readFile } from "node:fs/promises";
import * as z from "zod";
import type { AwsCredentials } from "../../../client/sdk/sign-aws.ts";

const Answer = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
  Expiration: z.iso.datetime(),
});

const ecsAddress = "http://169.254.170.2";
const renewAheadMs = 5 * 60_000;
const answerMsMax = 5_000;

/**
 * The credentials of a container's own role, from the address that ECS (or EKS) puts into its
 * environment; renewed some minutes before they expire. Undefined where there is no such address.
 */
export function openEcsCredentials(
  env: NodeJS.ProcessEnv,
): (() => Promise<AwsCredentials>) | undefined {
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const url = relative ? ecsAddress + relative : env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (url === undefined || url === "") return undefined;
  let known: { readonly credentials: AwsCredentials; readonly expiresAtMs: number } | undefined;
  return async () => {
    if (known === undefined || Date.now() > known.expiresAtMs - renewAheadMs) {
      known = await ask(url, await authorizationOf(env));
    }
    return known.credentials;
  };
}

async function ask(url: string, authorization: string | undefined) {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(answerMsMax),
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });
  if (!response.ok) {
    throw new Error(`the credentials of this container's role: answer ${response.status}`);
  }
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = Answer.parse(await response.json());
  return {
    credentials: {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: Token,
    },
    expiresAtMs: Date.parse(Expiration),
  };
}

async function authorizationOf(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  if (file) return (await readFile(file, "utf8")).trim();
  return env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
}
