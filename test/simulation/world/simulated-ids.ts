import type { Ids } from "../../../shared/ports/clock.ts";
import { hashText } from "../engine/random-stream.ts";
import type { World } from "./world.ts";

/** Identities that are the same in every repetition of a run. */
export function simulatedIds(world: World): Ids {
  return {
    newId: (prefix) => `${prefix}_0${String(world.serial()).padStart(6, "0")}`,
    derivedInstanceId: (tenant, idempotencyKey) =>
      // What the control plane itself submits may hold any characters.
      idempotencyKey.startsWith("\n")
        ? `ins_o${tenant}-${fingerprintOf(idempotencyKey)}`
        : `ins_k${tenant}-${idempotencyKey}`,
    newToken: () => `token${world.serial()}`,
    fingerprint: fingerprintOf,
  };
}

export function fingerprintOf(text: string): string {
  return `${hashText(text)}.${hashText(`again ${text}`)}.${text.length}`;
}
