import { createHmac } from "node:crypto";
import type { SigningKeyName } from "../../shared/ports/signing-keys.ts";

/** Bytes of a master key. */
export const masterKeyBytes = 32;

/** The key that a name has under a master key: nothing about another one follows from it. */
export function deriveSigningKey(master: Uint8Array, name: SigningKeyName): Uint8Array {
  const { tenant, webhook, webhookCreatedAtMs, keyNumber } = name;
  const said = ["switchyard webhook key 1", tenant, webhook, webhookCreatedAtMs, keyNumber];
  return createHmac("sha256", master).update(said.join("\n")).digest();
}
