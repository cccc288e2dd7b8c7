import type { TaskVersionView, TaskView } from "../../../shared/contract/http/views.ts";
import type { Command, CommandCall } from "../command.ts";
import { relativeText } from "../durations.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { plainText } from "../styles.ts";

/** `switchyard tasks`. */
export const tasksCommand: Command = {
  name: "tasks",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Tasks",
  summary: "List the tasks",
  options: {},
  examples: ["switchyard tasks"],
  async run({ client, output }) {
    const tasks: TaskView[] = [];
    for await (const task of client.tasks()) tasks.push(task);
    if (output.mode === "json") for (const task of tasks) output.item(task);
    else if (output.mode === "quiet") for (const { name } of tasks) output.line(name);
    else if (tasks.length === 0) output.remark("no task is defined; see switchyard help define");
    else {
      output.table<TaskView>(
        [
          { title: "TASK", text: ({ name }) => name, widthMin: 16 },
          { title: "VERSION", text: ({ version }) => String(version), align: "right" },
          {
            title: "STATE",
            text: ({ paused }) => (paused === undefined ? "active" : "paused"),
            style: ({ paused }) => (paused === undefined ? undefined : "yellow"),
          },
          { title: "UPDATED", text: ({ updatedAt }) => relativeText(updatedAt, output.nowMs) },
          { title: "RUNS", text: ({ spec }) => Object.keys(spec.run).join(", "), dropOrder: 1 },
          {
            title: "DESCRIPTION",
            text: ({ spec }) => spec.description ?? "",
            widthMin: 20,
            dropOrder: 2,
          },
        ],
        tasks,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard task`. */
export const taskCommand: Command = {
  name: "task",
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Tasks",
  summary: "Show a task's definition, or its versions",
  options: { versions: { about: "List its versions, newest first." } },
  examples: ["switchyard task resize", "switchyard task resize --versions"],
  run: (call) => (call.options.flag("versions") ? listVersions(call) : showTask(call)),
};

async function showTask({ client, positionals, output }: CommandCall): Promise<ExitCode> {
  const task = await client.task(positionals[0] ?? "");
  if (output.mode === "json") output.document(task);
  else if (output.mode === "quiet") output.line(task.name);
  else writeTask(output, task);
  return exitCodes.ok;
}

/** The definition as one would write it again, below the facts about it. */
function writeTask(output: CommandCall["output"], task: TaskView): void {
  const { nowMs, paint } = output;
  const { paused } = task;
  const reason = paused?.reason === undefined ? "" : `: ${paused.reason}`;
  const pausedText =
    paused === undefined
      ? undefined
      : plainText(`${relativeText(paused.at, nowMs)} by ${paused.by}${reason}`);
  output.facts([
    ["task", task.name],
    ["version", String(task.version)],
    ["paused", pausedText === undefined ? undefined : paint("yellow", pausedText)],
    ["created", `${task.createdAt}  ${paint("dim", relativeText(task.createdAt, nowMs))}`],
    ["updated", `${task.updatedAt}  ${paint("dim", relativeText(task.updatedAt, nowMs))}`],
  ]);
  for (const line of JSON.stringify(task.spec, undefined, 2).split("\n")) {
    output.line(plainText(line));
  }
}

async function listVersions({ client, positionals, output }: CommandCall): Promise<ExitCode> {
  const versions: TaskVersionView[] = [];
  for await (const version of client.versions(positionals[0] ?? "")) versions.push(version);
  if (output.mode === "json") for (const version of versions) output.item(version);
  else if (output.mode === "quiet")
    for (const { version } of versions) output.line(String(version));
  else {
    output.table<TaskVersionView>(
      [
        { title: "VERSION", text: ({ version }) => String(version), align: "right" },
        { title: "DEFINED", text: ({ createdAt }) => relativeText(createdAt, output.nowMs) },
        { title: "BY", text: ({ createdBy }) => createdBy, widthMin: 8 },
        { title: "FINGERPRINT", text: ({ fingerprint }) => fingerprint.slice(0, 12) },
        {
          title: "DESCRIPTION",
          text: ({ spec }) => spec.description ?? "",
          widthMin: 20,
          dropOrder: 1,
        },
      ],
      versions,
    );
  }
  return exitCodes.ok;
}
