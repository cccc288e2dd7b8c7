import type {
  CalendarDaysView,
  CalendarView,
} from "../../../shared/contract/http/calendar-views.ts";
import type { CalendarBody } from "../../sdk/calendar-calls.ts";
import type { Command } from "../command.ts";
import { relativeText } from "../durations.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { parseJson } from "../read-input.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

const oneName = {
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Schedules",
} as const;

/** `switchyard calendar set`. */
export const calendarSetCommand: Command = {
  name: "calendar set",
  takes: "NAME [FILE]",
  positionalsMin: 1,
  positionalsMax: 2,
  group: "Schedules",
  summary: "Define a calendar, or replace what it says",
  details: [
    "From options, or from a JSON file that says more, such as change freezes: see docs/calendars.md. What is left out is open.",
  ],
  options: {
    weekend: { value: "DAYS", about: "Closed every week, such as SAT,SUN." },
    holidays: {
      value: "PLACE",
      about: "Public holidays of a country, or of its part: DE or DE-BY.",
    },
    closed: { value: "DAY", multiple: true, about: "A closed day as YYYY-MM-DD." },
    open: { value: "DAY", multiple: true, about: "Open although a weekend or holiday." },
    description: { value: "TEXT", about: "Shown with the calendar." },
  },
  examples: [
    "switchyard calendar set office --weekend SAT,SUN --holidays DE-BE --closed 2026-12-24",
    "switchyard calendar set freeze freeze.json",
  ],
  async run({ client, positionals, options, output }) {
    const [name = "", file] = positionals;
    const body = file === undefined ? bodyOf(options) : await bodyOfFile(output, options, file);
    const calendar = await client.calendars.define(name, body);
    if (output.mode === "json") output.document(calendar);
    else if (output.mode === "quiet") output.line(calendar.name);
    else output.line(`calendar ${calendar.name} is defined: ${summaryOf(calendar)}`);
    return exitCodes.ok;
  },
};

/** `switchyard calendar get`. */
export const calendarGetCommand: Command = {
  ...oneName,
  name: "calendar get",
  summary: "Show a calendar",
  options: {},
  examples: ["switchyard calendar get office"],
  async run({ client, positionals, output }) {
    const calendar = await client.calendars.show(positionals[0] ?? "");
    if (output.mode === "json") output.document(calendar);
    else if (output.mode === "quiet") output.line(calendar.name);
    else writeCalendar(output, calendar);
    return exitCodes.ok;
  },
};

/** `switchyard calendar list`. */
export const calendarListCommand: Command = {
  name: "calendar list",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Schedules",
  summary: "List the calendars",
  options: {},
  examples: ["switchyard calendar list"],
  async run({ client, output }) {
    const calendars: CalendarView[] = [];
    for await (const calendar of client.calendars.list()) calendars.push(calendar);
    if (output.mode === "json") for (const calendar of calendars) output.item(calendar);
    else if (output.mode === "quiet") for (const { name } of calendars) output.line(name);
    else if (calendars.length === 0) {
      output.remark("there is no calendar; see switchyard help calendar set");
    } else {
      output.table<CalendarView>(
        [
          { title: "CALENDAR", text: ({ name }) => name, widthMin: 12 },
          { title: "CLOSED", text: summaryOf, widthMin: 20 },
          { title: "CHANGED", text: ({ updatedAt }) => relativeText(updatedAt, output.nowMs) },
          { title: "BY", text: ({ updatedBy }) => updatedBy, dropOrder: 1 },
        ],
        calendars,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard calendar days`. */
export const calendarDaysCommand: Command = {
  ...oneName,
  name: "calendar days",
  summary: "List the days on which a calendar is closed",
  options: {
    from: { value: "DAY", about: "First day as YYYY-MM-DD. Default: today." },
    to: { value: "DAY", about: "Last day. Default: a year later." },
  },
  examples: ["switchyard calendar days office --from 2027-01-01 --to 2027-12-31"],
  async run({ client, positionals, options, output }) {
    const range = { from: options.text("from"), to: options.text("to") };
    const view = await client.calendars.days(positionals[0] ?? "", range);
    if (output.mode === "json") output.document(view);
    else if (output.mode === "quiet") for (const { day } of view.days) output.line(day);
    else writeDays(output, view);
    return exitCodes.ok;
  },
};

/** `switchyard calendar delete`. */
export const calendarDeleteCommand: Command = {
  ...oneName,
  name: "calendar delete",
  summary: "Delete a calendar that no schedule uses",
  options: {},
  examples: ["switchyard calendar delete office"],
  async run({ client, positionals, output }) {
    const name = positionals[0] ?? "";
    const deleted = await client.calendars.delete(name);
    if (output.mode === "json") output.document(deleted);
    else if (output.mode === "quiet") output.line(name);
    else output.line(`calendar ${name} is deleted`);
    return exitCodes.ok;
  },
};

function bodyOf(options: OptionValues): CalendarBody {
  const weekend = options.text("weekend")?.toUpperCase().split(",");
  const [country, state, region] = options.text("holidays")?.split("-") ?? [];
  const closedDays = options.list("closed");
  const openDays = options.list("open");
  const description = options.text("description");
  return {
    // The server's complaint names what there is.
    ...(weekend === undefined ? {} : { weekend: weekend as ["SUN"] }),
    ...(country === undefined
      ? {}
      : {
          holidays: {
            country,
            ...(state === undefined ? {} : { state }),
            ...(region === undefined ? {} : { region }),
          },
        }),
    ...(closedDays.length === 0 ? {} : { closedDays: [...closedDays] }),
    ...(openDays.length === 0 ? {} : { openDays: [...openDays] }),
    ...(description === undefined ? {} : { description }),
  };
}

async function bodyOfFile(
  output: Output,
  options: OptionValues,
  file: string,
): Promise<CalendarBody> {
  if (Object.keys(bodyOf(options)).length > 0) {
    throw new UsageError("a file and options that say the same thing", "give one of them");
  }
  const body = parseJson(await output.terminal.readText(file), file);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new UsageError(`${file} holds no calendar: it must be a JSON object`);
  }
  // Its fields are checked by the server, whose complaint names the place.
  return body as CalendarBody;
}

function summaryOf({ spec }: CalendarView): string {
  const { weekend, closedDays, openDays, freezes } = spec;
  const place = placeOf(spec);
  const parts = [
    weekend.join(", "),
    place === undefined ? "" : `holidays of ${place}`,
    counted(closedDays.length, "day"),
    counted(freezes.length, "freeze"),
    openDays.length === 0 ? "" : `not ${counted(openDays.length, "open day")}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "never closed" : parts.join("; ");
}

function placeOf({ holidays }: CalendarView["spec"]): string | undefined {
  if (holidays === undefined) return undefined;
  const { country, state, region } = holidays;
  return [country, state, region].filter((part) => part !== undefined).join("-");
}

function counted(count: number, unit: string): string {
  return count === 0 ? "" : `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function writeCalendar(output: Output, calendar: CalendarView): void {
  const { spec } = calendar;
  output.facts([
    ["calendar", calendar.name],
    ["description", spec.description === undefined ? undefined : plainText(spec.description)],
    ["weekend", spec.weekend.join(", ") || undefined],
    ["holidays", placeOf(spec)],
    ["closed", spec.closedDays.join(", ") || undefined],
    ["open", spec.openDays.join(", ") || undefined],
    ...spec.freezes.map(
      ({ from, to, reason }) =>
        [
          "freeze",
          `${from} to ${to}${reason === undefined ? "" : `: ${plainText(reason)}`}`,
        ] as const,
    ),
    ["changed", `${calendar.updatedAt} by ${plainText(calendar.updatedBy)}`],
  ]);
}

function writeDays(output: Output, { name, from, to, days, freezes }: CalendarDaysView): void {
  if (days.length === 0) output.line(`${name} is closed on no day from ${from} to ${to}`);
  else {
    output.table<CalendarDaysView["days"][number]>(
      [
        { title: "DAY", text: ({ day }) => day },
        { title: "WEEKDAY", text: ({ weekday }) => weekday },
        { title: "WHY", text: ({ reason }) => reason, widthMin: 10 },
      ],
      days,
    );
  }
  for (const { from: start, to: end, reason = "change freeze" } of freezes) {
    output.line(`frozen from ${start} to ${end}: ${plainText(reason)}`);
  }
}
