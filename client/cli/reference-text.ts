import { type Command, globalOptions, type OptionSpec } from "./command.ts";
import { commandTable } from "./command-table.ts";
import { exitCodeMeanings, exitCodes } from "./exit-codes.ts";
import { optionUsage, usageLine } from "./help-text.ts";

/** The tables of docs/cli.md, in Markdown: what help says, for reading at leisure. */
export function referenceText(): string {
  const groups = [...new Set(commandTable.map(({ group }) => group))];
  const lines = [`\`${usageLine}\``, ""];
  for (const group of groups) {
    lines.push(`## ${group}`, "");
    for (const command of commandTable.filter((each) => each.group === group)) {
      lines.push(...commandLines(command), "");
    }
  }
  lines.push("## Options of every command", "", ...optionTable(globalOptions), "");
  lines.push("## Exit codes", "", "| code | meaning |", "|---|---|");
  for (const [name, code] of Object.entries(exitCodes)) {
    lines.push(`| ${code} | ${exitCodeMeanings[name as keyof typeof exitCodes]} |`);
  }
  return lines.join("\n");
}

function commandLines(command: Command): string[] {
  const { name, takes, summary, details = [], options, examples } = command;
  const lines = [
    `### switchyard ${name}`,
    "",
    `\`${`switchyard ${name} ${takes}`.trimEnd()}\``,
    "",
  ];
  lines.push(`${summary}.`, "");
  for (const paragraph of details) lines.push(escaped(paragraph), "");
  if (Object.keys(options).length > 0) lines.push(...optionTable(options), "");
  lines.push("```sh", ...examples, "```");
  return lines;
}

function optionTable(options: Readonly<Record<string, OptionSpec>>): string[] {
  const rows = Object.entries(options).map(
    ([name, spec]) => `| \`${optionUsage(name, spec)}\` | ${escaped(spec.about)} |`,
  );
  return ["| option | meaning |", "|---|---|", ...rows];
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
