import type { PlacementView } from "../../../shared/contract/http/placement-views.ts";
import { durationText } from "../../../shared/core/duration-text.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { plainText } from "../styles.ts";

type Learned = PlacementView["learned"][number];

/** `switchyard placement`. */
export const placementCommand: Command = {
  name: "placement",
  takes: "TASK",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Routing",
  summary: "Show what was learned about a task and where it therefore goes",
  options: {},
  examples: ["switchyard placement resize"],
  async run({ client, positionals, output }) {
    const placement = await client.placement(positionals[0] ?? "");
    if (output.mode === "json") {
      output.document(placement);
      return exitCodes.ok;
    }
    writePlacements(output, placement);
    if (placement.learned.length === 0) output.remark("no run has taught anything yet");
    else writeLearned(output, placement.learned);
    if (placement.memoryMbFloor !== undefined) {
      output.line(
        `attempts get at least ${placement.memoryMbFloor} MB, since one ran out of memory`,
      );
    }
    for (const { at, to, version, inputs, reason } of placement.flips) {
      output.line(
        output.paint("dim", `${at}  ${to} (version ${version}, inputs ${inputs}): `) +
          plainText(reason),
      );
    }
    return exitCodes.ok;
  },
};

function writePlacements(output: Output, { placements }: PlacementView): void {
  for (const { inputs, promoted, reason, tooSmall, fits, fitsNeeded } of placements) {
    if (!promoted) continue;
    const away = tooSmall === undefined ? "" : `, not to ${tooSmall}`;
    output.line(
      `inputs ${inputs} go to a ${output.paint("bold", "bigger backend")} directly${away}: ${plainText(reason)}`,
    );
    output.line(`  ${fits} of the ${fitsNeeded} runs in a row that bring it back`);
  }
}

function writeLearned(output: Output, learned: readonly Learned[]): void {
  output.table<Learned>(
    [
      { title: "BACKEND", text: ({ backend }) => backend, widthMin: 8 },
      { title: "INPUTS", text: ({ inputs }) => inputs, dropOrder: 2 },
      { title: "RUNS", text: ({ runs }) => String(Math.round(runs)), align: "right" },
      { title: "TIMED OUT", text: ({ timeouts }) => countText(timeouts), align: "right" },
      {
        title: "OUT OF MEMORY",
        text: ({ outOfMemory }) => countText(outOfMemory),
        align: "right",
        dropOrder: 3,
      },
      { title: "RUN P50", text: ({ run }) => timeText(run.p50Ms), align: "right" },
      { title: "RUN P95", text: ({ run }) => timeText(run.p95Ms), align: "right" },
      {
        title: "WAIT P95",
        text: ({ wait }) => timeText(wait.p95Ms),
        align: "right",
        dropOrder: 1,
      },
    ],
    learned,
  );
}

function countText(count: number): string {
  return count === 0 ? "" : String(Math.max(1, Math.round(count)));
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? "" : durationText(ms);
}
