import type { HistoryEntryView } from "../../../shared/contract/http/views.ts";
import type { GateView, WhyView } from "../../../shared/contract/http/why-views.ts";
import type { Command } from "../command.ts";
import { relativeText } from "../durations.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { writeOutcome, writeReceipt } from "../render/receipt-text.ts";
import { plainText, styleOfState } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

const one = { takes: "ID", positionalsMin: 1, positionalsMax: 1, group: "Instances" } as const;

/** `switchyard history`. */
export const historyCommand: Command = {
  ...one,
  name: "history",
  summary: "Show every change of an instance, with its reason",
  options: {},
  examples: ["switchyard history ins_01kaq3v5cs7h2m4d9x8w6t0r1b"],
  async run({ client, positionals, output }) {
    const history = await client.history(positionals[0] ?? "");
    if (output.mode === "json") {
      output.document(history);
      return exitCodes.ok;
    }
    if (history.olderDropped > 0) output.remark(`${history.olderDropped} older changes are gone`);
    output.table<HistoryEntryView>(
      [
        { title: "#", text: ({ version }) => String(version), align: "right" },
        { title: "TIME", text: ({ at }) => at, dropOrder: 1 },
        { title: "COMMAND", text: commandText },
        {
          title: "STATE",
          text: ({ from, to }) => (from === undefined || from === to ? to : `${from} → ${to}`),
          style: ({ to }) => styleOfState[to],
        },
        { title: "TRY", text: ({ attempt }) => String(attempt ?? ""), align: "right" },
        { title: "REASON", text: ({ reason, actor }) => reasonText(reason, actor), widthMin: 20 },
      ],
      history.items,
    );
    return exitCodes.ok;
  },
};

/** `switchyard routing`. */
export const routingCommand: Command = {
  ...one,
  name: "routing",
  summary: "Say why an instance's attempts went where they went",
  options: {},
  examples: ["switchyard routing ins_01kaq3v5cs7h2m4d9x8w6t0r1b"],
  async run({ client, positionals, output }) {
    const routing = await client.routing(positionals[0] ?? "");
    if (output.mode === "json") {
      output.document(routing);
      return exitCodes.ok;
    }
    for (const { attempt, backend, receipt, ...outcome } of routing.items) {
      output.line(`attempt ${attempt} on ${backend}`);
      if (receipt === undefined) output.line("  its receipt is gone");
      else writeReceipt(output, receipt);
      writeOutcome(output, outcome);
    }
    if (routing.planned !== undefined) {
      output.line("the next attempt, as things are now");
      writeReceipt(output, routing.planned);
    } else if (routing.items.length === 0) output.remark("it has not been routed yet");
    return exitCodes.ok;
  },
};

/** `switchyard why`. */
export const whyCommand: Command = {
  ...one,
  name: "why",
  summary: "Say what an instance is doing or waiting for",
  options: {},
  examples: ["switchyard why ins_01kaq3v5cs7h2m4d9x8w6t0r1b"],
  async run({ client, positionals, output }) {
    const why = await client.why(positionals[0] ?? "");
    if (output.mode === "json") {
      output.document(why);
      return exitCodes.ok;
    }
    output.line(output.paint("bold", plainText(why.summary)));
    for (const fact of why.facts) output.line(`  - ${plainText(fact)}`);
    if (why.nextAt !== undefined) {
      const step = plainText(why.nextStep ?? "it is looked at again");
      output.line(`next: ${step}, ${relativeText(why.nextAt, output.nowMs)} (${why.nextAt})`);
    }
    if (why.gates.length > 0) {
      output.line("");
      writeGates(output, why.gates);
    }
    for (const action of why.actions) {
      const command =
        action === "resume_task"
          ? `resume ${(await client.status(why.instanceId)).task}`
          : `${action} ${why.instanceId}`;
      output.remark(`you can: switchyard ${command}`);
    }
    return exitCodes.ok;
  },
};

/** What lies between the instance and its next attempt, in the order in which it is asked. */
function writeGates(output: Output, gates: WhyView["gates"]): void {
  output.table<GateView>(
    [
      { title: "GATE", text: ({ kind, gate }) => gateText(kind, gate) },
      {
        title: "STATE",
        text: ({ state }) => state,
        style: ({ state }) => (state === "open" ? "dim" : "bold"),
      },
      { title: "PLACE", text: placeText, align: "right", dropOrder: 2 },
      {
        title: "LIKELY",
        text: ({ estimate }) =>
          estimate === undefined ? "" : relativeText(estimate.at, output.nowMs),
        dropOrder: 1,
      },
      { title: "WHY", text: ({ summary }) => plainText(summary), widthMin: 20 },
    ],
    gates,
  );
  for (const { estimate } of gates.filter(({ state }) => state === "waiting")) {
    if (estimate !== undefined) output.remark(`likely ${estimate.at}: ${estimate.basis}`);
  }
  for (const { releases } of gates.filter(({ state }) => state !== "open")) {
    for (const { action, request, role } of releases) {
      output.remark(`${role}: ${plainText(action)} (${plainText(request)})`);
    }
  }
}

function gateText(kind: GateView["kind"], gate: string | undefined): string {
  const name = kind.replaceAll("_", " ");
  return gate === undefined ? name : `${name} ${plainText(gate)}`;
}

function placeText({ position, positionIsLeast }: GateView): string {
  if (position === undefined) return "";
  return positionIsLeast === true ? `${position}+` : String(position);
}

/** `switchyard logs`. */
export const logsCommand: Command = {
  ...one,
  name: "logs",
  summary: "Show what an instance's attempts printed",
  options: { attempt: { value: "N", about: "Of this attempt only." } },
  examples: ["switchyard logs ins_01kaq3v5cs7h2m4d9x8w6t0r1b --attempt 2"],
  async run({ client, positionals, options, output }) {
    const wanted = options.wholeNumber("attempt", 1, 1_000_000);
    const logs = await client.logs(positionals[0] ?? "");
    const items = logs.items.filter(({ attempt }) => wanted === undefined || attempt === wanted);
    if (wanted !== undefined && items.length === 0) {
      const known = logs.items.map(({ attempt }) => attempt).join(", ");
      throw new UsageError(
        `there is no log of attempt ${wanted}`,
        known === "" ? "it had no attempt yet" : `it had ${known}`,
      );
    }
    if (output.mode === "json") {
      output.document({ ...logs, items });
      return exitCodes.ok;
    }
    for (const { attempt, backend, state, available, text } of items) {
      output.remark(`attempt ${attempt} on ${backend}, ${state}`);
      if (!available) output.remark("  there is no log of it (yet)");
      // What a task printed could steer the terminal; a file or a pipe gets it as it is.
      const shown = output.terminal.outIsTty ? plainText(text, true) : text;
      if (shown !== "") output.line(shown.replace(/\n$/, ""));
    }
    if (items.length === 0) output.remark("it had no attempt yet");
    return exitCodes.ok;
  },
};

function commandText({ command, count }: HistoryEntryView): string {
  return count === undefined ? command : `${command} ×${count}`;
}

function reasonText(reason: string, actor: string | undefined): string {
  return actor === undefined ? reason : `${reason} (${actor})`;
}
