import type { TaskView } from "../../../shared/contract/http/views.ts";
import type { TaskDefinitionBody } from "../../sdk/client.ts";
import type { Command, CommandCall } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { parseJson } from "../read-input.ts";
import { UsageError } from "../usage-error.ts";

/** `switchyard define`. */
export const defineCommand: Command = {
  name: "define",
  takes: "NAME FILE",
  positionalsMin: 2,
  positionalsMax: 2,
  group: "Tasks",
  summary: "Define a task from a JSON file",
  details: [
    "Makes a new version when the definition differs from the newest one; otherwise nothing changes. " +
      "Instances keep the version they were submitted with.",
  ],
  options: {},
  examples: [
    "switchyard define resize resize.task.json",
    'echo \'{"run":{"function":{"module":"resize.mjs"}}}\' | switchyard define resize -',
  ],
  async run({ client, positionals, output }) {
    const [name = "", file = "-"] = positionals;
    const definition = parseJson(await output.terminal.readText(file), file);
    if (typeof definition !== "object" || definition === null || Array.isArray(definition)) {
      throw new UsageError(`${file} holds no definition: it must be a JSON object`);
    }
    // Its fields are checked by the server, whose complaint names the place.
    const task = await client.define(name, definition as TaskDefinitionBody);
    writeTask(output, task, `has version ${task.version} in force`);
    return exitCodes.ok;
  },
};

const reason = { reason: { value: "TEXT", about: "Shown with the task." } } as const;

/** `switchyard pause`. */
export const pauseCommand: Command = {
  name: "pause",
  takes: "TASK",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Tasks",
  summary: "Start no more instances of a task",
  details: ["They are still accepted and wait; what runs, runs on."],
  options: reason,
  examples: ['switchyard pause resize --reason "the database moves"'],
  run: (call) => hold(call, "pause", "is paused"),
};

/** `switchyard resume`. */
export const resumeCommand: Command = {
  name: "resume",
  takes: "TASK",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Tasks",
  summary: "Let a paused task's instances go",
  options: reason,
  examples: ["switchyard resume resize"],
  run: (call) => hold(call, "resume", "is no longer paused"),
};

async function hold(
  { client, positionals, options, output }: CommandCall,
  action: "pause" | "resume",
  said: string,
): Promise<ExitCode> {
  const text = options.text("reason");
  const task = await client[action](
    positionals[0] ?? "",
    text === undefined ? {} : { reason: text },
  );
  writeTask(output, task, said);
  return exitCodes.ok;
}

function writeTask(output: CommandCall["output"], task: TaskView, said: string): void {
  if (output.mode === "json") output.document(task);
  else if (output.mode === "quiet") output.line(task.name);
  else output.line(`task ${task.name} ${said}`);
}
