import { type Command, globalOptions, type OptionSpec } from "./command.ts";
import { commandTable } from "./command-table.ts";
import { exitCodeMeanings, exitCodes } from "./exit-codes.ts";

export const usageLine = "switchyard COMMAND [ARGUMENTS] [OPTIONS]";

/** What `switchyard help` shows. */
export function overviewText(width: number): string {
  const groups = [...new Set(commandTable.map(({ group }) => group))];
  const lines = [`usage: ${usageLine}`];
  for (const group of groups) {
    lines.push("", group);
    for (const { name, takes, summary } of commandTable.filter((each) => each.group === group)) {
      lines.push(...entryLines(`${name} ${takes}`.trimEnd(), summary, width));
    }
  }
  lines.push("", "Options of every command", ...optionLines(globalOptions, width));
  lines.push(...entryLines("--version", "Show the version of this tool.", width));
  lines.push("", "Exit codes");
  for (const [name, code] of Object.entries(exitCodes)) {
    const meaning = exitCodeMeanings[name as keyof typeof exitCodes];
    lines.push(...entryLines(String(code), meaning, width));
  }
  lines.push("", "switchyard help COMMAND tells more about one.");
  return lines.join("\n");
}

/** What `switchyard help COMMAND` shows. */
export function commandText(command: Command, width: number): string {
  const lines = [`usage: switchyard ${command.name} ${command.takes}`.trimEnd(), ""];
  lines.push(...wrap(`${command.summary}.`, width));
  for (const paragraph of command.details ?? []) lines.push("", ...wrap(paragraph, width));
  if (Object.keys(command.options).length > 0) {
    lines.push("", "Options", ...optionLines(command.options, width));
  }
  lines.push("", "Options of every command", ...optionLines(globalOptions, width));
  lines.push("", "Examples", ...command.examples.map((example) => `  ${example}`));
  return lines.join("\n");
}

/** How an option is written, such as `-w, --wait` or `--tag KEY=VALUE`. */
export function optionUsage(name: string, { value, short }: OptionSpec): string {
  const letter = short === undefined ? "" : `-${short}, `;
  return `${letter}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function optionLines(options: Readonly<Record<string, OptionSpec>>, width: number): string[] {
  return Object.entries(options).flatMap(([name, spec]) =>
    entryLines(optionUsage(name, spec), spec.about, width),
  );
}

const indent = 26;

/** A term and its meaning beside it; a long term stands on a line of its own. */
function entryLines(term: string, meaning: string, width: number): string[] {
  const [first = "", ...others] = wrap(meaning, width - indent);
  const pad = " ".repeat(indent);
  const head = `  ${term}`;
  const rest = others.map((line) => pad + line);
  return head.length + 2 <= indent
    ? [head.padEnd(indent) + first, ...rest]
    : [head, pad + first, ...rest];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > Math.max(20, width)) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
