import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { TerminalError } from "../../../shared/core/errors.ts";
import { utf8Bytes } from "../../../shared/core/texts.ts";
import type { SigningKeys } from "../../../shared/ports/signing-keys.ts";
import { deriveSigningKey, masterKeyBytes } from "../../runtime/derive-signing-key.ts";
import { callAws } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";

export interface SecretSigningKeysOptions {
  /** Opened with `awsClientDefaults`. */
  readonly client: SecretsManagerClient;
  /** Name or ARN of a secret that holds random text or bytes and nothing else. */
  readonly secretId: string;
  readonly pace?: Pace;
}

/** Keys that follow from one secret, read when the first one is needed and kept while the process lives. */
export function openSecretSigningKeys(options: SecretSigningKeysOptions): SigningKeys {
  let master: Promise<Uint8Array> | undefined;
  return {
    async keyOf(name) {
      master ??= readMaster(options);
      try {
        return deriveSigningKey(await master, name);
      } catch (error) {
        // A failure is not remembered: the next one who asks reads again.
        master = undefined;
        throw error;
      }
    },
  };
}

async function readMaster({ client, secretId, pace }: SecretSigningKeysOptions) {
  const call = {
    action: "secretsmanager:GetSecretValue",
    target: secretId,
    repeatUnclear: true,
    triesMax: 3,
    ...(pace === undefined ? {} : { pace }),
  };
  const { SecretString: text, SecretBinary: bytes } = await callAws(call, () =>
    client.send(new GetSecretValueCommand({ SecretId: secretId })),
  );
  // Any text with enough randomness will do: the key is derived, never used as it is.
  const master = bytes ?? new TextEncoder().encode(text ?? "");
  if (master.length >= masterKeyBytes) return master;
  throw new TerminalError(
    `the secret ${secretId} holds ${utf8Bytes(text ?? "")} bytes; it must hold at least ${masterKeyBytes}`,
  );
}
