const size = 256;
const instants = new Float64Array(size).fill(Number.NaN);
const texts: string[] = new Array<string>(size).fill("");

/**
 * An instant as it stands on the wire. Answers repeat the same few instants many times, so the
 * newest texts are remembered: formatting a date costs more than all the rest of a field.
 */
export function isoTime(atMs: number): string {
  const place = atMs & (size - 1);
  if (instants[place] === atMs) return texts[place] ?? "";
  const text = new Date(atMs).toISOString();
  instants[place] = atMs;
  texts[place] = text;
  return text;
}
