import { SwitchyardError } from "../../sdk/switchyard-error.ts";
import type { Command } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { followInstances } from "../render/follow-instances.ts";
import { errorText, progressText } from "../render/instance-text.ts";
import { errorLine } from "../report-error.ts";
import { plainText, styleOfState } from "../styles.ts";

/** `switchyard wait`. */
export const waitCommand: Command = {
  name: "wait",
  takes: "ID…",
  positionalsMin: 1,
  positionalsMax: Number.POSITIVE_INFINITY,
  group: "Instances",
  summary: "Wait until instances are finished",
  details: [
    "Shows how they get on and writes each as it ends. The exit code is 0 when all succeeded.",
  ],
  options: { timeout: { value: "DURATION", about: "Stop waiting after this; they go on." } },
  examples: [
    "switchyard wait ins_01kaq3v5cs7h2m4d9x8w6t0r1b --timeout 10m",
    "switchyard batch jobs.jsonl -q | xargs switchyard wait",
  ],
  async run({ client, positionals, options, output }) {
    const ids = [...new Set(positionals)];
    const timeoutMs = options.durationMs("timeout");
    let worst: ExitCode = exitCodes.ok;
    for await (const { id, end } of followInstances(client, output, ids, timeoutMs)) {
      if (end instanceof SwitchyardError) {
        const alone = ids.length === 1 || end.code === "unreachable";
        if (alone) throw end;
        output.complain(`${id}: ${errorLine(end)}`);
        worst = worseOf(worst, end.code === "timeout" ? exitCodes.timeout : exitCodes.refused);
        continue;
      }
      if (end.state !== "succeeded") worst = worseOf(worst, exitCodes.failed);
      if (output.mode === "json") output.item(end);
      else if (output.mode === "quiet") output.line(end.id);
      else {
        const error = end.error === undefined ? "" : plainText(`: ${errorText(end.error)}`);
        output.line(output.paint(styleOfState[end.state], progressText(end, output.nowMs)) + error);
      }
    }
    return worst;
  },
};

/** What could not be seen to its end outweighs what ended badly. */
function worseOf(one: ExitCode, other: ExitCode): ExitCode {
  return one > other ? one : other;
}
