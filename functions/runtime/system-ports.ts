import { hash, randomFillSync } from "node:crypto";
import type { Clock, Ids, Random } from "../../shared/ports/clock.ts";

export const systemClock: Clock = { now: () => Date.now() };

export const systemRandom: Random = { next: () => Math.random() };

/** Crockford's base 32: sorts like the numbers it stands for, without look-alikes. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

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
    for (let i = 0; i < characters; i++) text += alphabet[(pool[used++] ?? 0) & 31];
    return text;
  };
  let timedAtMs = -1;
  let timed = "";
  return {
    newId(prefix, atMs) {
      if (atMs !== timedAtMs) {
        timedAtMs = atMs;
        timed = timeText(atMs);
      }
      return `${prefix}_${timed}${randomText(16)}`;
    },
    derivedInstanceId(tenant, idempotencyKey) {
      const digest = hash("sha256", `${tenant}\n${idempotencyKey}`, "buffer");
      let text = "";
      for (let i = 0; i < 26; i++) text += alphabet[(digest[i] ?? 0) & 31];
      // Times written by newId begin with "0" until the year 10889, so the two kinds never meet.
      return `ins_k${text.slice(1)}`;
    },
    newToken: () => randomText(24),
    fingerprint: (text) => hash("sha256", text, "hex"),
  };
}

function timeText(atMs: number): string {
  let rest = atMs;
  let text = "";
  for (let i = 0; i < 10; i++) {
    text = (alphabet[rest % 32] ?? "0") + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
