import type { InstanceView } from "../../../shared/contract/http/views.ts";
import { SwitchyardError } from "../../sdk/switchyard-error.ts";
import type { Command, CommandCall } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { stateText } from "../render/instance-text.ts";
import { errorLine } from "../report-error.ts";
import { styleOfState } from "../styles.ts";

const options = { reason: { value: "TEXT", about: "Kept in the history." } } as const;

/** `switchyard cancel`. */
export const cancelCommand: Command = {
  name: "cancel",
  takes: "ID…",
  positionalsMin: 1,
  positionalsMax: Number.POSITIVE_INFINITY,
  group: "Instances",
  summary: "Cancel instances",
  details: [
    "At once and for good: whatever an attempt still reports changes nothing. Each id has its own " +
      "answer.",
  ],
  options,
  examples: [
    'switchyard cancel ins_01kaq3v5cs7h2m4d9x8w6t0r1b --reason "wrong input"',
    "switchyard list --task resize --state pending -q --all | xargs switchyard cancel",
  ],
  run: (call) => change(call, (id, reason) => call.client.cancel(id, reason)),
};

/** `switchyard retry`. */
export const retryCommand: Command = {
  name: "retry",
  takes: "ID…",
  positionalsMin: 1,
  positionalsMax: Number.POSITIVE_INFINITY,
  group: "Instances",
  summary: "Start instances again that did not succeed",
  options,
  examples: ["switchyard retry ins_01kaq3v5cs7h2m4d9x8w6t0r1b"],
  run: (call) => change(call, (id, reason) => call.client.retry(id, reason)),
};

/** `switchyard approve`. */
export const approveCommand: Command = {
  name: "approve",
  takes: "ID…",
  positionalsMin: 1,
  positionalsMax: Number.POSITIVE_INFINITY,
  group: "Instances",
  summary: "Let instances pass an exhausted budget",
  details: ["For those that wait for approval; what they cost is still counted."],
  options,
  examples: ['switchyard approve ins_01kaq3v5cs7h2m4d9x8w6t0r1b --reason "month end"'],
  run: (call) => change(call, (id, reason) => call.client.approve(id, reason)),
};

/** Requests under way at once. */
const changesMax = 8;

async function change(
  { positionals, options: given, output }: CommandCall,
  act: (id: string, reason: { readonly reason?: string }) => Promise<InstanceView>,
): Promise<ExitCode> {
  const text = given.text("reason");
  const reason = text === undefined ? {} : { reason: text };
  const [only, ...others] = positionals;
  if (only !== undefined && others.length === 0) {
    write(output, await act(only, reason), false);
    return exitCodes.ok;
  }
  let refused = 0;
  for (let from = 0; from < positionals.length; from += changesMax) {
    const some = positionals.slice(from, from + changesMax);
    const ends = await Promise.allSettled(some.map((id) => act(id, reason)));
    for (const [index, end] of ends.entries()) {
      if (end.status === "fulfilled") {
        write(output, end.value, true);
        continue;
      }
      const error: unknown = end.reason;
      if (!(error instanceof SwitchyardError) || error.status === 0) throw error;
      refused++;
      output.complain(`${some[index]}: ${errorLine(error)}`);
    }
  }
  return refused > 0 ? exitCodes.refused : exitCodes.ok;
}

function write(output: CommandCall["output"], instance: InstanceView, several: boolean): void {
  const { id, state } = instance;
  if (output.mode === "json" && several) output.item(instance);
  else if (output.mode === "json") output.document(instance);
  else if (output.mode === "quiet") output.line(id);
  else output.line(`${id} ${output.paint(styleOfState[state], stateText(instance))}`);
}
