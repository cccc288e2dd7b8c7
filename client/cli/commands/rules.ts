import type {
  RulesVersionItem,
  RulesVersionView,
  RulesView,
} from "../../../shared/contract/http/rules-views.ts";
import type { Command, CommandCall } from "../command.ts";
import { relativeText } from "../durations.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

/** `switchyard rules`. */
export const rulesCommand: Command = {
  name: "rules",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Routing",
  summary: "Show the rules that decide where tasks run",
  details: ["With what is tried beside them, in shadow or in an experiment."],
  options: {
    version: { value: "N", about: "Show this version instead; 0 is what is shipped." },
    text: { about: "Write the text form only, as for a file." },
  },
  examples: ["switchyard rules", "switchyard rules --version 0 --text"],
  async run({ client, options, output }) {
    const wanted = options.wholeNumber("version", 0, 99_999_999);
    const state = wanted === undefined ? await client.rules.show() : undefined;
    const version = state?.active ?? (await client.rules.version(wanted ?? 0));
    if (output.mode === "json") output.document(state ?? version);
    else if (output.mode === "quiet") output.line(String(version.version));
    else {
      if (!options.flag("text")) writeFacts(output, version, state);
      for (const line of version.text.trimEnd().split("\n")) output.line(plainText(line));
    }
    return exitCodes.ok;
  },
};

function writeFacts(
  output: CommandCall["output"],
  version: RulesVersionView,
  state: RulesView | undefined,
): void {
  const { createdAt, createdBy, note } = version;
  const newest =
    state === undefined || state.latestVersion === version.version
      ? ""
      : `, the newest is ${state.latestVersion}`;
  const shadow = state?.shadow;
  const experiment = state?.experiment;
  const facts = [
    ["rules", `${version.name}, version ${version.version}${newest}`],
    [
      "set",
      createdAt === undefined
        ? "as shipped"
        : plainText(`${relativeText(createdAt, output.nowMs)} by ${createdBy ?? "somebody"}`),
    ],
    ["note", note === undefined ? undefined : plainText(note)],
    ["shadow", shadow === undefined ? undefined : `version ${shadow.version}, ${shadow.name}`],
    [
      "experiment",
      experiment === undefined
        ? undefined
        : `version ${experiment.candidateVersion}, ${experiment.name}, on ${experiment.percent} % since ${relativeText(experiment.startedAt, output.nowMs)}`,
    ],
  ] as const;
  output.facts(facts);
  output.line();
}

/** `switchyard rules versions`. */
export const rulesVersionsCommand: Command = {
  name: "rules versions",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Routing",
  summary: "List the versions of the rules, newest first",
  options: {},
  examples: ["switchyard rules versions"],
  async run({ client, output }) {
    const versions: RulesVersionItem[] = [];
    for await (const version of client.rules.versions()) versions.push(version);
    if (output.mode === "json") for (const version of versions) output.item(version);
    else if (output.mode === "quiet")
      for (const { version } of versions) output.line(String(version));
    else {
      const since = (at: string | undefined) =>
        at === undefined ? "shipped" : relativeText(at, output.nowMs);
      output.table<RulesVersionItem>(
        [
          { title: "VERSION", text: ({ version }) => String(version), align: "right" },
          { title: "NAME", text: ({ name }) => name, widthMin: 8 },
          { title: "RULES", text: ({ ruleCount }) => String(ruleCount), align: "right" },
          { title: "SET", text: ({ createdAt }) => since(createdAt) },
          { title: "BY", text: ({ createdBy }) => createdBy ?? "", widthMin: 8, dropOrder: 2 },
          { title: "NOTE", text: ({ note }) => note ?? "", widthMin: 20, dropOrder: 1 },
        ],
        versions,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard rules activate`. */
export const rulesActivateCommand: Command = {
  name: "rules activate",
  takes: "N",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Routing",
  summary: "Bring a version of the rules into force",
  details: ["Also the way back to an older one; 0 is what is shipped."],
  options: { reason: { value: "TEXT", about: "Kept with the change." } },
  examples: ['switchyard rules activate 3 --reason "2 % cheaper in the experiment"'],
  async run({ client, positionals, options, output }) {
    const version = versionOf(positionals[0]);
    const state = await client.rules.activate(version, { reason: options.text("reason") });
    return said(output, state, `version ${version} of the rules (${state.active.name}) decides`);
  },
};

/** `switchyard rules shadow`. */
export const rulesShadowCommand: Command = {
  name: "rules shadow",
  takes: "N|off",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Routing",
  summary: "Let a version of the rules decide in shadow",
  details: ["Its decisions are written into the receipts beside the real ones, and do nothing."],
  options: {},
  examples: ["switchyard rules shadow 4", "switchyard rules shadow off"],
  async run({ client, positionals, output }) {
    const [wanted] = positionals;
    const version = wanted === "off" ? undefined : versionOf(wanted, ", or off");
    const state = await client.rules.shadow(version);
    const text =
      version === undefined
        ? "no rules decide in shadow"
        : `version ${version} of the rules decides in shadow`;
    return said(output, state, text);
  },
};

/** `switchyard rules experiment`. */
export const rulesExperimentCommand: Command = {
  name: "rules experiment",
  takes: "N PERCENT|off",
  positionalsMin: 1,
  positionalsMax: 2,
  group: "Routing",
  summary: "Try a version of the rules on a share of the instances",
  options: {},
  examples: ["switchyard rules experiment 4 10", "switchyard rules experiment off"],
  async run({ client, positionals, output }) {
    const [wanted, share] = positionals;
    if (wanted === "off" && share === undefined) {
      const state = await client.rules.experiment(undefined);
      return said(output, state, "no experiment is going on");
    }
    const candidateVersion = versionOf(wanted, " and a share in percent, or off");
    const percent = /^\d{1,3}(\.\d+)?%?$/.test(share ?? "") ? Number.parseFloat(share ?? "") : 0;
    if (percent <= 0 || percent > 100) {
      throw new UsageError(
        `"${share ?? ""}" is no share`,
        `write a number above 0 and up to 100, such as: switchyard rules experiment ${candidateVersion} 10`,
      );
    }
    const state = await client.rules.experiment({ candidateVersion, percent });
    const text = `version ${candidateVersion} of the rules decides about ${percent} % of the instances`;
    return said(output, state, text);
  },
};

function versionOf(text: string | undefined, orElse = ""): number {
  if (text !== undefined && /^\d{1,8}$/.test(text)) return Number(text);
  throw new UsageError(
    `"${text ?? ""}" is no version`,
    `give the number of a version${orElse}; see switchyard rules versions`,
  );
}

function said(output: CommandCall["output"], state: RulesView, text: string): ExitCode {
  if (output.mode === "json") output.document(state);
  else if (output.mode === "quiet") output.line(String(state.active.version));
  else output.line(text);
  return exitCodes.ok;
}
