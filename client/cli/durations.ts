import { UsageError } from "./usage-error.ts";

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** `10s`, `5m`, `1h30m`, `2d`; a bare number would leave the unit to guessing. */
export function parseDurationMs(text: string, option: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)];
  const spelled = parts.map(([part]) => part).join("");
  if (parts.length === 0 || spelled !== text) {
    throw new UsageError(
      `${option} takes a duration, and "${text}" is none`,
      "write a number with its unit, such as 500ms, 10s, 5m, 2h, 1d or 1h30m",
    );
  }
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ""] ?? 0),
    0,
  );
}

/** An instant: ISO 8601, or a duration counted from now, forwards or backwards. */
export function parseInstantMs(
  text: string,
  option: string,
  nowMs: number,
  direction: "ahead" | "ago",
): number {
  if (/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(text)) {
    const durationMs = parseDurationMs(text, option);
    return direction === "ahead" ? nowMs + durationMs : nowMs - durationMs;
  }
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(atMs)) return atMs;
  throw new UsageError(
    `${option} takes a time, and "${text}" is none`,
    `write an ISO 8601 time such as 2026-05-01T08:00:00Z, or a duration such as 1h (${direction === "ahead" ? "from now" : "before now"})`,
  );
}

/** `now`, `12 s ago`, `in 3 m`: one unit, since nobody counts further at a glance. */
export function relativeText(at: string, nowMs: number): string {
  const awayMs = Date.parse(at) - nowMs;
  const sizeMs = Math.abs(awayMs);
  if (sizeMs < 1_000) return "now";
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
  ] as const;
  const unit = units.find(([, ms]) => sizeMs >= ms) ?? (["s", 1_000] as const);
  const amount = `${Math.floor(sizeMs / unit[1])} ${unit[0]}`;
  return awayMs < 0 ? `${amount} ago` : `in ${amount}`;
}
