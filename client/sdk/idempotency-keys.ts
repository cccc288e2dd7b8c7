const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A stem for the idempotency keys of one request's submissions: 100 bits drawn for it alone. Drawn
 * anew for every request, not once per process, so that two copies of a snapshotted process (a
 * restored virtual machine) do not give different work the same keys.
 */
export function newKeyStem(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  let stem = "sdk-";
  for (const byte of bytes) stem += alphabet.charAt(byte & 31);
  return stem;
}
