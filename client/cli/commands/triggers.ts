import type { TriggerView } from "../../../shared/contract/http/trigger-views.ts";
import type { TriggerBody } from "../../sdk/trigger-calls.ts";
import type { Command } from "../command.ts";
import { relativeText } from "../durations.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { parseJson } from "../read-input.ts";
import { readObject } from "../read-object.ts";
import { plainText, type Style } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

const oneName = {
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Triggers",
} as const;

/** `switchyard trigger list`. */
export const triggerListCommand: Command = {
  name: "trigger list",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Triggers",
  summary: "List the triggers",
  options: {},
  examples: ["switchyard trigger list"],
  async run({ client, output }) {
    const triggers: TriggerView[] = [];
    for await (const trigger of client.triggers.list()) triggers.push(trigger);
    if (output.mode === "json") for (const trigger of triggers) output.item(trigger);
    else if (output.mode === "quiet") for (const { name } of triggers) output.line(name);
    else if (triggers.length === 0) {
      output.remark("there is no trigger; see switchyard help trigger set");
    } else {
      output.table<TriggerView>(
        [
          { title: "TRIGGER", text: ({ name }) => name, widthMin: 12 },
          { title: "STATE", text: stateOf, style: styleOf },
          { title: "TASK", text: ({ spec }) => spec.task },
          { title: "BUS", text: ({ spec }) => spec.bus, dropOrder: 2 },
          {
            title: "CHANGED",
            text: ({ updatedAt }) => relativeText(updatedAt, output.nowMs),
            dropOrder: 3,
          },
          {
            title: "PATTERN",
            text: ({ spec }) => plainText(JSON.stringify(spec.pattern)),
            dropOrder: 1,
          },
        ],
        triggers,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard trigger get`. */
export const triggerGetCommand: Command = {
  ...oneName,
  name: "trigger get",
  summary: "Show a trigger",
  options: {},
  examples: ["switchyard trigger get large-orders"],
  async run({ client, positionals, output }) {
    writeTrigger(output, await client.triggers.show(positionals[0] ?? ""));
    return exitCodes.ok;
  },
};

/** `switchyard trigger set`. */
export const triggerSetCommand: Command = {
  name: "trigger set",
  takes: "NAME [FILE]",
  positionalsMin: 1,
  positionalsMax: 2,
  group: "Triggers",
  summary: "Define a trigger, or replace what it says",
  details: [
    "From options, or from a JSON file that says more: see docs/events.md. A pattern is written as " +
      "for EventBridge; placeholders such as {{event.detail.order}} in the input take values of the event.",
  ],
  options: {
    pattern: { value: "JSON", about: "The event pattern; @FILE reads a file, @- standard input." },
    task: { value: "TASK", about: "What to run." },
    input: { value: "JSON", about: "Its input, with placeholders. Default: the whole event." },
    description: { value: "TEXT", about: "Shown with the trigger." },
  },
  examples: [
    `switchyard trigger set large-orders --task check-order --pattern '{"source":["shop.orders"]}'`,
    "switchyard trigger set large-orders large-orders.json",
  ],
  async run({ client, positionals, options, output }) {
    const [name = "", file] = positionals;
    const body =
      file === undefined
        ? await bodyOf(output, options)
        : await readObject(output.terminal, `@${file}`, file);
    // Its fields are checked by the server, whose complaint names the place.
    const trigger = await client.triggers.define(name, body as TriggerBody);
    if (output.mode === "json") output.document(trigger);
    else if (output.mode === "quiet") output.line(trigger.name);
    else output.line(`trigger ${trigger.name} is defined; ${stateOf(trigger)}`);
    return exitCodes.ok;
  },
};

/** `switchyard trigger delete`. */
export const triggerDeleteCommand: Command = {
  ...oneName,
  name: "trigger delete",
  summary: "Delete a trigger",
  details: ["The instances that it made go on."],
  options: {},
  examples: ["switchyard trigger delete large-orders"],
  async run({ client, positionals, output }) {
    const name = positionals[0] ?? "";
    const deleted = await client.triggers.delete(name);
    if (output.mode === "json") output.document(deleted);
    else output.line(output.mode === "quiet" ? name : `trigger ${name} is deleted`);
    return exitCodes.ok;
  },
};

/** `switchyard trigger pause`. */
export const triggerPauseCommand: Command = {
  ...oneName,
  name: "trigger pause",
  summary: "Let events pass a trigger by until it is resumed",
  options: { reason: { value: "TEXT", about: "Shown with the trigger." } },
  examples: ['switchyard trigger pause large-orders --reason "the shop moves"'],
  async run({ client, positionals, options, output }) {
    const reason = options.text("reason");
    const asked = reason === undefined ? {} : { reason };
    writeChange(output, await client.triggers.pause(positionals[0] ?? "", asked));
    return exitCodes.ok;
  },
};

/** `switchyard trigger resume`. */
export const triggerResumeCommand: Command = {
  ...oneName,
  name: "trigger resume",
  summary: "Let a trigger take events again",
  options: {},
  examples: ["switchyard trigger resume large-orders"],
  async run({ client, positionals, output }) {
    writeChange(output, await client.triggers.resume(positionals[0] ?? ""));
    return exitCodes.ok;
  },
};

async function bodyOf(output: Output, options: OptionValues): Promise<object> {
  const pattern = options.text("pattern");
  const task = options.text("task");
  if (pattern === undefined || task === undefined) {
    throw new UsageError("a trigger needs --pattern and --task", "or give a file that has both");
  }
  const input = options.text("input");
  const description = options.text("description");
  return {
    pattern: await readObject(output.terminal, pattern, "--pattern"),
    task,
    ...(input === undefined ? {} : { input: parseJson(input, "--input") }),
    ...(description === undefined ? {} : { description }),
  };
}

function writeChange(output: Output, trigger: TriggerView): void {
  if (output.mode === "json") output.document(trigger);
  else if (output.mode === "quiet") output.line(trigger.name);
  else output.line(`trigger ${trigger.name}: ${stateOf(trigger)}`);
}

function writeTrigger(output: Output, trigger: TriggerView): void {
  const { name } = trigger;
  if (output.mode === "json") output.document(trigger);
  else if (output.mode === "quiet") output.line(name);
  else writeFacts(output, trigger);
}

function writeFacts(output: Output, trigger: TriggerView): void {
  const { name, spec, paused, mirror, updatedAt, updatedBy } = trigger;
  output.facts([
    ["trigger", name],
    ["state", output.paint(styleOf(trigger), stateOf(trigger))],
    ["why", paused?.reason === undefined ? undefined : plainText(paused.reason)],
    ["description", spec.description === undefined ? undefined : plainText(spec.description)],
    ["task", spec.version === undefined ? spec.task : `${spec.task} version ${spec.version}`],
    ["bus", spec.bus],
    ["rule", mirror === undefined ? undefined : plainText(mirror.error ?? mirror.state)],
    ["pattern", plainText(JSON.stringify(spec.pattern))],
    ["input", spec.input === undefined ? "the event" : plainText(JSON.stringify(spec.input))],
    ["replays", spec.replays ? "count" : "do not count"],
    ["changed", `${relativeText(updatedAt, output.nowMs)} by ${plainText(updatedBy)}`],
  ]);
}

function stateOf({ state, mirror }: TriggerView): string {
  if (state === "paused") return "paused";
  return mirror?.state === "failed" ? "active, but EventBridge refused its rule" : "active";
}

function styleOf({ state, mirror }: TriggerView): Style {
  if (state === "paused") return "yellow";
  return mirror?.state === "failed" ? "red" : "green";
}
