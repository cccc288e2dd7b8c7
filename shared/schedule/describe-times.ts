import { fieldRanges } from "./cron-field.ts";
import type { CronExpression } from "./parse-cron.ts";

/** More single times than that are told as minutes and hours. */
const timesMax = 6;

/** When within a day; `repeats` says that the words already mean many times of a day. */
export function cronTimeText({ minutes, hours }: CronExpression): {
  readonly text: string;
  readonly repeats: boolean;
} {
  const allHours = hours.length === fieldRanges.hour.max + 1;
  const minuteStep = wholeStep(minutes, fieldRanges.minute.max + 1);
  const hoursStep = evenStep(hours);
  const [minute = 0] = minutes;
  const [firstHour = 0] = hours;
  const lastHour = hours.at(-1) ?? firstHour;
  if (allHours && minuteStep !== undefined) {
    return { text: every(minuteStep, "minute"), repeats: true };
  }
  if (allHours && minutes.length === 1) {
    const past = minute === 0 ? "" : `${minute} minute${minute === 1 ? "" : "s"} past `;
    return { text: `${past}every hour`, repeats: true };
  }
  if (hours.length * minutes.length <= timesMax) {
    const times = hours.flatMap((hour) => minutes.map((value) => time(hour, value)));
    return { text: `at ${listed(times)}`, repeats: false };
  }
  if (minutes.length === 1 && hoursStep !== undefined) {
    const span = `from ${time(firstHour, minute)} to ${time(lastHour, minute)}`;
    return { text: `${every(hoursStep, "hour")} ${span}`, repeats: true };
  }
  if (minuteStep !== undefined && hoursStep === 1) {
    const span = `from ${time(firstHour, 0)} to ${time(lastHour, minutes.at(-1) ?? 0)}`;
    return { text: `${every(minuteStep, "minute")} ${span}`, repeats: true };
  }
  const past =
    minuteStep === undefined
      ? `at minute${minutes.length === 1 ? "" : "s"} ${listed(minutes.map(String))}`
      : every(minuteStep, "minute");
  const of = allHours
    ? "of every hour"
    : `of hour${hours.length === 1 ? "" : "s"} ${listed(hours.map(String))}`;
  return { text: `${past} ${of}`, repeats: true };
}

function every(step: number, unit: string): string {
  return step === 1 ? `every ${unit}` : `every ${step} ${unit}s`;
}

/** The distance of values that begin with 0 and go evenly round the clock. */
function wholeStep(values: readonly number[], size: number): number | undefined {
  const step = size / values.length;
  return values.length > 1 && values.every((value, index) => value === index * step)
    ? step
    : undefined;
}

/** The distance of values that are all equally far apart. */
function evenStep(values: readonly number[]): number | undefined {
  const [first = 0, second] = values;
  if (second === undefined) return undefined;
  const step = second - first;
  return values.every((value, index) => value === first + index * step) ? step : undefined;
}

function time(hour: number, minute: number): string {
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

/** With commas, and "and" before the last. */
export function listed(texts: readonly string[]): string {
  return texts.length < 2
    ? (texts[0] ?? "")
    : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}
