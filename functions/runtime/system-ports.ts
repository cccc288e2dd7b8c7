import { hash, randomFillSync } from "node:crypto";
import { base32, base32Alphabet, idOfOrderedKey } from "../../shared/core/ordered-key.ts";
import type { Clock, Ids, Random } from "../../shared/ports/clock.ts";

export const systemClock: Clock = { now: () => Date.now() };

export const systemRandom: Random = { next: () => Math.random() };

/** Ids from the operating system's randomness, drawn in pools because one call per id is slow. */
export function openIds(): Ids {
  const pool = new Uint8Array(8_192);
  let used = pool.length;
  const randomText = (characters: number): string => {
    if (used + characters > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    let text = "";
    for (let i = 0; i < characters; i++) text += base32Alphabet[(pool[used++] ?? 0) & 31];
    return text;
  };
  let timedAtMs = -1;
  let timed = "";
  return {
    newId(prefix, atMs) {
      if (atMs !== timedAtMs) {
        timedAtMs = atMs;
        timed = base32(atMs, 10);
      }
      return `${prefix}_${timed}${randomText(16)}`;
    },
    derivedInstanceId(tenant, idempotencyKey) {
      const ordered = idOfOrderedKey(idempotencyKey);
      if (ordered !== undefined) return `ins_${ordered}`;
      const digest = hash("sha256", `${tenant}\n${idempotencyKey}`, "buffer");
      let text = "";
      for (let i = 1; i < 26; i++) text += base32Alphabet[(digest[i] ?? 0) & 31];
      // Times begin with "0", so hashed ids never meet those of newId or of ordered keys.
      return `ins_k${text}`;
    },
    newToken: () => randomText(24),
    fingerprint: (text) => hash("sha256", text, "hex"),
  };
}
