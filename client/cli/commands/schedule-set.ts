import type { ScheduleBody } from "../../sdk/schedule-calls.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { parseJson } from "../read-input.ts";
import { UsageError } from "../usage-error.ts";

/** `switchyard schedule set`. */
export const scheduleSetCommand: Command = {
  name: "schedule set",
  takes: "NAME [FILE]",
  positionalsMin: 1,
  positionalsMax: 2,
  group: "Schedules",
  summary: "Define a schedule, or replace what it says",
  details: [
    "From options, or from a JSON file that says more: see docs/schedules.md. What is left out gets its default, also where the schedule said otherwise before.",
  ],
  options: {
    when: { value: "EXPRESSION", about: "cron(…), five cron fields, rate(…) or at(…)." },
    task: { value: "NAME", about: "What is submitted." },
    zone: { value: "NAME", about: "IANA time zone, such as Europe/Berlin. Default: UTC." },
    input: { value: "JSON", about: "May hold placeholders such as {{nominal.date}}." },
    overlap: { value: "POLICY", about: "skip (the default), allow, queue_one or cancel_running." },
    misfire: { value: "POLICY", about: "fire_once (the default), skip or catch_up." },
    jitter: { value: "DURATION", about: "Spreads schedules of the same time." },
    calendar: { value: "NAME", multiple: true, about: "A calendar to ask." },
    "on-closed-day": { value: "POLICY", about: "skip (the default), previous, next or run." },
    start: { value: "TIME", about: "No earlier slots." },
    end: { value: "TIME", about: "No later slots." },
    group: { value: "NAME", about: "The group of its instances." },
    tag: { value: "K=V", multiple: true, about: "A tag of its instances." },
    description: { value: "TEXT", about: "Shown with the schedule." },
  },
  examples: [
    'switchyard schedule set nightly --when "30 2 * * *" --zone Europe/Berlin --task report',
    `switchyard schedule set hourly --when "rate(1 hour)" --task sync --input '{"from":"{{previous.iso}}"}'`,
    "switchyard schedule set nightly nightly.json",
  ],
  async run({ client, positionals, options, output }) {
    const [name = "", file] = positionals;
    const body = file === undefined ? bodyOf(options) : await bodyOfFile(output, options, file);
    const schedule = await client.schedules.define(name, body);
    if (output.mode === "json") output.document(schedule);
    else if (output.mode === "quiet") output.line(schedule.name);
    else {
      const next = schedule.next === undefined ? "" : `; next at ${schedule.next.startAt}`;
      output.line(`schedule ${name} fires ${schedule.when}${next}`);
      for (const warning of schedule.warnings ?? []) output.remark(`note: ${warning}`);
    }
    return exitCodes.ok;
  },
};

function bodyOf(options: OptionValues): ScheduleBody {
  const expression = options.text("when");
  const task = options.text("task");
  if (expression === undefined || task === undefined) {
    throw new UsageError("a schedule needs --when and --task, or a file that says both");
  }
  const input = options.text("input");
  const jitterMs = options.durationMs("jitter");
  const calendars = options.list("calendar");
  const tags = options.pairs("tag");
  const misfire = options.text("misfire");
  const texts = {
    timezone: options.text("zone"),
    overlap: options.text("overlap"),
    onClosedDay: options.text("on-closed-day"),
    startAt: options.instant("start", "ahead"),
    endAt: options.instant("end", "ahead"),
    group: options.text("group"),
    description: options.text("description"),
  };
  const given = Object.entries(texts).filter(([, text]) => text !== undefined);
  return {
    // Names of policies are checked by the server, whose complaint names what there is.
    ...(Object.fromEntries(given) as Omit<ScheduleBody, "expression" | "task">),
    expression,
    task,
    ...(misfire === undefined ? {} : { misfire: { policy: misfire as "skip" } }),
    // Only the types differ: what was parsed is nobody else's.
    ...(input === undefined ? {} : { input: parseJson(input, "--input") as ScheduleBody["input"] }),
    ...(jitterMs === undefined ? {} : { jitterSeconds: Math.round(jitterMs / 1_000) }),
    ...(calendars.length === 0 ? {} : { calendars: [...calendars] }),
    ...(tags === undefined ? {} : { tags: { ...tags } }),
  };
}

async function bodyOfFile(
  output: Output,
  options: OptionValues,
  file: string,
): Promise<ScheduleBody> {
  if (Object.keys(scheduleSetCommand.options).some((name) => options.flag(name))) {
    throw new UsageError("a file and options that say the same thing", "give one of them");
  }
  const body = parseJson(await output.terminal.readText(file), file);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new UsageError(`${file} holds no schedule: it must be a JSON object`);
  }
  // Its fields are checked by the server, whose complaint names the place.
  return body as unknown as ScheduleBody;
}
