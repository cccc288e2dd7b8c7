import type { FindingView } from "../../../shared/contract/http/finding-views.ts";
import type { Command } from "../command.ts";
import { relativeText } from "../durations.ts";
import { exitCodes } from "../exit-codes.ts";
import { plainText } from "../styles.ts";

const shownMax = 200;

/** `switchyard findings`. */
export const findingsCommand: Command = {
  name: "findings",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Server",
  summary: "List what should have happened and has not",
  details: [
    "Slots of schedules that were missed, begun or finished too late, and what is wrong with the server itself. The exit code is 1 when anything is open.",
  ],
  options: { all: { about: "Also what is well again." } },
  examples: ["switchyard findings", "switchyard findings --all --json"],
  async run({ client, options, output }) {
    const state = options.flag("all") ? undefined : ("open" as const);
    const findings: FindingView[] = [];
    for (const scope of ["system", "tenant"] as const) {
      const sizeBefore = findings.length;
      for await (const finding of client.findings.list({ state, scope })) {
        findings.push(finding);
        if (findings.length - sizeBefore >= shownMax) break;
      }
    }
    if (output.mode === "json") for (const finding of findings) output.item(finding);
    else if (output.mode === "quiet") for (const { id } of findings) output.line(id);
    else if (findings.length === 0) output.remark("nothing is missing");
    else {
      output.table<FindingView>(
        [
          { title: "WHAT", text: ({ kind }) => kind, widthMin: 12 },
          { title: "OF", text: ({ subject }) => plainText(subject) },
          {
            title: "STATE",
            text: stateOf,
            style: ({ state: is }) => (is === "open" ? "red" : "green"),
          },
          { title: "SINCE", text: ({ openedAt }) => relativeText(openedAt, output.nowMs) },
          { title: "WHY", text: ({ message }) => plainText(message), widthMin: 20 },
          { title: "FINDING", text: ({ id }) => id, dropOrder: 1 },
        ],
        findings,
      );
    }
    return findings.some((finding) => finding.state === "open") ? exitCodes.failed : exitCodes.ok;
  },
};

function stateOf({ state, acknowledged }: FindingView): string {
  return state === "open" && acknowledged !== undefined ? `${acknowledged.by} is on it` : state;
}

/** `switchyard finding acknowledge`. */
export const findingAcknowledgeCommand: Command = {
  name: "finding acknowledge",
  takes: "ID",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Server",
  summary: "Say that somebody takes care of a finding",
  options: { note: { value: "TEXT", about: "Shown with it." } },
  examples: ["switchyard finding acknowledge fnd_01… --note 'the bank is closed'"],
  async run({ client, positionals, options, output }) {
    const note = options.text("note");
    const id = positionals[0] ?? "";
    const finding = await client.findings.acknowledge(id, note === undefined ? {} : { note });
    if (output.mode === "json") output.document(finding);
    else if (output.mode === "quiet") output.line(finding.id);
    else output.line(`finding ${finding.id} is acknowledged`);
    return exitCodes.ok;
  },
};
