/** A duration for people: `850 ms`, `3.2 s`, `4 m 10 s`, `2 h 5 m`, `3 d 4 h`. */
export function durationText(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toString()} s`;
  const pairs = [
    ["d", 86_400_000, "h", 3_600_000],
    ["h", 3_600_000, "m", 60_000],
    ["m", 60_000, "s", 1_000],
  ] as const;
  for (const [large, largeMs, small, smallMs] of pairs) {
    if (ms < largeMs) continue;
    const rest = Math.floor((ms % largeMs) / smallMs);
    const first = `${Math.floor(ms / largeMs)} ${large}`;
    return rest === 0 ? first : `${first} ${rest} ${small}`;
  }
  return `${ms} ms`;
}
