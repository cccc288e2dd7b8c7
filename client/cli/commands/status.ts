import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { writeInstance } from "../render/instance-text.ts";

/** `switchyard status`. */
export const statusCommand: Command = {
  name: "status",
  takes: "ID",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Instances",
  summary: "Show an instance",
  options: {},
  examples: ["switchyard status ins_01kaq3v5cs7h2m4d9x8w6t0r1b"],
  async run({ client, positionals, output }) {
    const instance = await client.status(positionals[0] ?? "");
    if (output.mode === "json") output.document(instance);
    else if (output.mode === "quiet") output.line(instance.state);
    else writeInstance(output, instance);
    return exitCodes.ok;
  },
};
