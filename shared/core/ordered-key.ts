/** Crockford's base 32 in lower case: sorts like the numbers it stands for, without look-alikes. */
export const base32Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** Times begin with 0 until the year 3084, which keeps these ids apart from hashed ones. */
const form = /^sw_(0[0-9a-hjkmnp-tv-z]{25})$/;
const timeCharacters = 10;
const placeCharacters = 3;

/** How many random characters an ordered key needs between its time and its place. */
export const orderedKeyRandomCharacters = 13;

/**
 * Idempotency keys that sort by time, made of the milliseconds since 1970, 65 random bits and a
 * place among keys made together. The instances they make have ids that sort like any other, which
 * stores write faster than scattered ones.
 */
export function orderedKeys(atMs: number, random: string): (place: number) => string {
  const stem = `sw_${base32(atMs, timeCharacters)}${random}`;
  return (place) => stem + base32(place, placeCharacters);
}

/** The part of an ordered key that becomes the instance's id; undefined for every other key. */
export function idOfOrderedKey(idempotencyKey: string): string | undefined {
  return form.exec(idempotencyKey)?.[1];
}

/** Fixed width, most significant digit first. */
export function base32(value: number, characters: number): string {
  let rest = value;
  let text = "";
  for (let i = 0; i < characters; i++) {
    text = (base32Alphabet[rest % 32] ?? "0") + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
