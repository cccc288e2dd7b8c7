import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSecretSigningKeys } from "../../../functions/adapters/aws/signing-keys.ts";
import { openFileSigningKeys } from "../../../functions/adapters/local/signing-keys.ts";

const name = { tenant: "acme", webhook: "alerts", webhookCreatedAtMs: 1, keyNumber: 1 };
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-keys-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("keys that follow from a file", () => {
  it("are the same after a restart, and the file is its owner's alone", async () => {
    const key = await openFileSigningKeys(folder).keyOf(name);
    expect(key).toHaveLength(32);
    expect(await openFileSigningKeys(folder).keyOf(name)).toEqual(key);
    const file = join(folder, "signing.key");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file)).equals(Buffer.from(key))).toBe(false);
  });

  it("are refused where the file is damaged, until it is put right", async () => {
    const file = join(folder, "signing.key");
    await writeFile(file, "short");
    const keys = openFileSigningKeys(folder);
    await expect(keys.keyOf(name)).rejects.toThrow("does not hold 32 bytes");
    await writeFile(file, Buffer.alloc(32, 1));
    expect(await keys.keyOf(name)).toHaveLength(32);
  });
});

describe("keys that follow from a secret", () => {
  /** The SDK's client with its last step replaced: what it would send never leaves the process. */
  function clientThat(answers: readonly (object | Error)[]) {
    const client = new SecretsManagerClient({ region: "eu-central-1" });
    const asked: unknown[] = [];
    client.middlewareStack.add(
      () => async (args) => {
        const answer = answers[asked.length];
        asked.push((args.input as GetSecretValueCommand["input"]).SecretId);
        if (answer instanceof Error) throw answer;
        return { output: { $metadata: {}, ...answer }, response: {} };
      },
      { step: "initialize" },
    );
    return { client, asked };
  }

  it("are read once, when the first one is needed", async () => {
    const { client, asked } = clientThat([{ SecretString: "a".repeat(64) }]);
    const keys = openSecretSigningKeys({ client, secretId: "switchyard-webhooks" });
    expect(asked).toEqual([]);
    const [one, other] = await Promise.all([
      keys.keyOf(name),
      keys.keyOf({ ...name, keyNumber: 2 }),
    ]);
    expect(one).not.toEqual(other);
    expect(asked).toEqual(["switchyard-webhooks"]);
  });

  it("are refused when the secret is too short, and read anew the next time", async () => {
    const { client, asked } = clientThat([
      { SecretString: "short" },
      { SecretBinary: new Uint8Array(32) },
    ]);
    const keys = openSecretSigningKeys({ client, secretId: "s" });
    await expect(keys.keyOf(name)).rejects.toThrow("holds 5 bytes");
    expect(await keys.keyOf(name)).toHaveLength(32);
    expect(asked).toHaveLength(2);
  });
});
