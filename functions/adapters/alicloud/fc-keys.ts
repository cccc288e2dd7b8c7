import * as z from "zod";
import { TerminalError } from "../../../shared/core/errors.ts";
import type { FcCredentials } from "./fc-client.ts";
import type { FcKeys } from "./fc-config.ts";

const Secret = z.object({
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
});

/** Reads a secret's text; the one of AWS by default. */
export type ReadSecret = (secretArn: string) => Promise<string | undefined>;

/** The keys from where the configuration says they are. What is wrong is said without them. */
export async function loadFcKeys(
  keys: FcKeys,
  variables: Readonly<Record<string, string | undefined>>,
  readSecret: ReadSecret = readAwsSecret,
): Promise<FcCredentials> {
  if ("secretArn" in keys) {
    const parsed = Secret.safeParse(jsonOf(await readSecret(keys.secretArn)));
    if (parsed.success) return parsed.data;
    throw new TerminalError(
      `the secret ${keys.secretArn} is no JSON object with accessKeyId and accessKeySecret`,
    );
  }
  const accessKeyId = variables[keys.accessKeyIdVariable] ?? "";
  const accessKeySecret = variables[keys.accessKeySecretVariable] ?? "";
  if (accessKeyId !== "" && accessKeySecret !== "") return { accessKeyId, accessKeySecret };
  const missing = accessKeyId === "" ? keys.accessKeyIdVariable : keys.accessKeySecretVariable;
  throw new TerminalError(`the variable ${missing} is not set`);
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

async function readAwsSecret(secretArn: string): Promise<string | undefined> {
  const sdk = await import("@aws-sdk/client-secrets-manager");
  const client = new sdk.SecretsManagerClient({});
  const answer = await client.send(new sdk.GetSecretValueCommand({ SecretId: secretArn }));
  return answer.SecretString;
}
