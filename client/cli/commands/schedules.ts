import type { ScheduleView, SlotView } from "../../../shared/contract/http/schedule-views.ts";
import type { Command, CommandCall } from "../command.ts";
import { relativeText } from "../durations.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { plainText, type Style } from "../styles.ts";

const oneName = {
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Schedules",
} as const;

/** `switchyard schedule list`. */
export const scheduleListCommand: Command = {
  name: "schedule list",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Schedules",
  summary: "List the schedules and their next slots",
  options: {
    task: { value: "NAME", about: "Only schedules of this task." },
    group: { value: "NAME", about: "Only schedules of this group." },
    state: { value: "STATE", about: "active, paused or completed." },
  },
  examples: ["switchyard schedule list", "switchyard schedule list --state paused"],
  async run({ client, options, output }) {
    const [task, group] = [options.text("task"), options.text("group")];
    // Another word is refused by the server, whose complaint names what there is.
    const state = options.text("state") as ScheduleView["state"] | undefined;
    const found: ScheduleView[] = [];
    for await (const each of client.schedules.list({ task, group, state })) found.push(each);
    if (output.mode === "json") for (const each of found) output.item(each);
    else if (output.mode === "quiet") for (const { name } of found) output.line(name);
    else if (found.length === 0) {
      output.remark("there is no such schedule; see switchyard help schedule set");
    } else {
      output.table<ScheduleView>(
        [
          { title: "SCHEDULE", text: ({ name }) => name, widthMin: 12 },
          { title: "STATE", text: ({ state }) => state, style: ({ state }) => styleOf[state] },
          { title: "TASK", text: ({ spec }) => spec.task },
          { title: "NEXT", text: (each) => nextText(each, output) },
          { title: "LAST", text: lastText, style: lastStyle, dropOrder: 2 },
          { title: "WHEN", text: ({ when }) => when, dropOrder: 1 },
        ],
        found,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard schedule get`. */
export const scheduleGetCommand: Command = {
  ...oneName,
  name: "schedule get",
  summary: "Show a schedule and what became of its newest slots",
  options: {},
  examples: ["switchyard schedule get nightly"],
  async run({ client, positionals, output }) {
    const schedule = await client.schedules.show(positionals[0] ?? "");
    if (output.mode === "json") output.document(schedule);
    else if (output.mode === "quiet") output.line(schedule.name);
    else writeSchedule(output, schedule);
    return exitCodes.ok;
  },
};

/** `switchyard schedule delete`. */
export const scheduleDeleteCommand: Command = {
  ...oneName,
  name: "schedule delete",
  summary: "Delete a schedule; what it submitted goes on",
  options: {},
  examples: ["switchyard schedule delete nightly"],
  async run({ client, positionals, output }) {
    const name = positionals[0] ?? "";
    const deleted = await client.schedules.delete(name);
    if (output.mode === "json") output.document(deleted);
    else if (output.mode === "quiet") output.line(name);
    else output.line(`schedule ${name} is deleted`);
    return exitCodes.ok;
  },
};

const reasonOption = { reason: { value: "TEXT", about: "Kept with the schedule." } } as const;

/** `switchyard schedule pause`. */
export const schedulePauseCommand: Command = {
  ...oneName,
  name: "schedule pause",
  summary: "Let no slot of a schedule fire until it is resumed",
  options: reasonOption,
  examples: ['switchyard schedule pause nightly --reason "the warehouse moves"'],
  run: (call) => changeState(call, "pause"),
};

/** `switchyard schedule resume`. */
export const scheduleResumeCommand: Command = {
  ...oneName,
  name: "schedule resume",
  summary: "Let a schedule fire again, from now on",
  details: ["What came while it was paused is not fired: see switchyard help schedule backfill."],
  options: reasonOption,
  examples: ["switchyard schedule resume nightly"],
  run: (call) => changeState(call, "resume"),
};

async function changeState(
  { client, positionals, options, output }: CommandCall,
  what: "pause" | "resume",
) {
  const reason = options.text("reason");
  const told = reason === undefined ? {} : { reason };
  const schedule = await client.schedules[what](positionals[0] ?? "", told);
  if (output.mode === "json") output.document(schedule);
  else if (output.mode === "quiet") output.line(schedule.name);
  else output.line(`schedule ${schedule.name} is ${schedule.state}`);
  return exitCodes.ok;
}

/** `switchyard schedule run`. */
export const scheduleRunCommand: Command = {
  ...oneName,
  name: "schedule run",
  summary: "Submit now what a schedule submits; no slot is used up",
  options: { key: { value: "KEY", about: "A repeat with the same key runs nothing again." } },
  examples: ["switchyard schedule run nightly"],
  async run({ client, positionals, options, output }) {
    const key = options.text("key");
    const given = key === undefined ? {} : { idempotencyKey: key };
    const instance = await client.schedules.run(positionals[0] ?? "", given);
    if (output.mode === "json") output.document(instance);
    else if (output.mode === "quiet") output.line(instance.id);
    else output.line(`submitted ${instance.id}; it is ${instance.state}`);
    return exitCodes.ok;
  },
};

/** `switchyard schedule slots`. */
export const scheduleSlotsCommand: Command = {
  ...oneName,
  name: "schedule slots",
  summary: "List what became of a schedule's slots, newest first",
  options: { limit: { value: "N", about: "So many. Default: 20." } },
  examples: ["switchyard schedule slots nightly"],
  async run({ client, positionals, options, output }) {
    const max = options.wholeNumber("limit", 1, 100_000) ?? 20;
    const slots: SlotView[] = [];
    for await (const slot of client.schedules.slots(positionals[0] ?? "")) {
      slots.push(slot);
      if (slots.length === max) break;
    }
    if (output.mode === "json") for (const slot of slots) output.item(slot);
    else if (output.mode === "quiet") for (const { nominalAt } of slots) output.line(nominalAt);
    else if (slots.length === 0) output.remark("no slot of it has come yet");
    else writeSlots(output, slots);
    return exitCodes.ok;
  },
};

function writeSchedule(output: Output, schedule: ScheduleView): void {
  const { spec, paused, next, latest, queued, mirror } = schedule;
  output.facts([
    ["schedule", schedule.name],
    ["description", spec.description === undefined ? undefined : plainText(spec.description)],
    ["state", output.paint(styleOf[schedule.state], schedule.state)],
    ["paused", paused && `by ${plainText(paused.by)} ${plainText(paused.reason ?? "")}`.trim()],
    ["fires", `${schedule.when} (${spec.expression})`],
    ["next", next && `${next.startAt} (${relativeText(next.startAt, output.nowMs)})`],
    ["submits", spec.version === undefined ? spec.task : `${spec.task} version ${spec.version}`],
    ["overlap", spec.overlap],
    ["misfire", spec.misfire.policy],
    ["calendars", spec.calendars?.join(" ")],
    ["latest", latest && `${latest.instanceId} for ${latest.nominalAt}`],
    ["waiting", queued && `the slot of ${queued.nominalAt}`],
    ["mirror", mirror && `${mirror.state} ${plainText(mirror.error ?? "")}`.trim()],
  ]);
  if (schedule.recent.length === 0) return;
  output.line();
  writeSlots(output, [...schedule.recent].reverse());
}

function writeSlots(output: Output, slots: readonly SlotView[]): void {
  output.table<SlotView>(
    [
      { title: "SLOT", text: ({ nominalAt }) => nominalAt },
      { title: "OUTCOME", text: outcomeText, style: ({ outcome }) => slotStyle[outcome] },
      { title: "INSTANCE", text: ({ instanceId }) => instanceId ?? "" },
      { title: "REASON", text: ({ reason }) => plainText(reason ?? ""), dropOrder: 1 },
    ],
    slots,
  );
}

const styleOf: Readonly<Record<ScheduleView["state"], Style>> = {
  active: "green",
  paused: "yellow",
  completed: "dim",
};

const slotStyle: Readonly<Record<SlotView["outcome"], Style>> = {
  fired: "green",
  skipped: "yellow",
  missed: "red",
};

function outcomeText({ outcome, count }: SlotView): string {
  return count === undefined ? outcome : `${outcome} ×${count}`;
}

function nextText({ next }: ScheduleView, output: Output): string {
  return next === undefined ? "" : relativeText(next.startAt, output.nowMs);
}

function lastText({ recent }: ScheduleView): string {
  return recent.at(-1)?.outcome ?? "";
}

function lastStyle({ recent }: ScheduleView): Style {
  const last = recent.at(-1);
  return last === undefined ? "dim" : slotStyle[last.outcome];
}
