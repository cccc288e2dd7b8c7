import {
  base32Alphabet,
  orderedKeyRandomCharacters,
  orderedKeys,
} from "../../shared/core/ordered-key.ts";

/**
 * Idempotency keys for one request's submissions, by their place in it. Their randomness is drawn
 * for that request alone, not once per process, so that two copies of a snapshotted process (a
 * restored virtual machine) do not give different work the same keys.
 */
export function openKeys(nowMs: number): (place: number) => string {
  let random = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(orderedKeyRandomCharacters))) {
    random += base32Alphabet.charAt(byte & 31);
  }
  return orderedKeys(nowMs, random);
}
