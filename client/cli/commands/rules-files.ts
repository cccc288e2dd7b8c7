import { formatRulesText } from "../../../shared/routing/rules/format-rules-text.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { checkRulesFile, readRulesFile } from "../rules-file.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

const oneFile = {
  takes: "FILE",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Routing",
} as const;

/** `switchyard rules check`. */
export const rulesCheckCommand: Command = {
  ...oneFile,
  name: "rules check",
  summary: "Find what is wrong with a file of rules",
  details: [
    "Reads the text form or JSON, and needs no server. The exit code is 2 when anything is wrong.",
  ],
  options: {},
  examples: ["switchyard rules check routing.rules", "switchyard rules check - <routing.json"],
  async run({ positionals, output }) {
    const file = positionals[0] ?? "-";
    const checked = await checkRulesFile(output.terminal, file);
    if ("complaints" in checked) {
      if (output.mode === "json") output.document({ ok: false, mistakes: checked.complaints });
      else for (const complaint of checked.complaints) output.complain(complaint);
      return exitCodes.usage;
    }
    if (output.mode === "json") output.document({ ok: true, mistakes: [], rules: checked });
    else if (output.mode === "human") {
      const { name, rules, policy } = checked;
      output.line(
        `${name}: ${rules.length} ${rules.length === 1 ? "rule" : "rules"} and the policy ${policy.name}, nothing wrong`,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard rules format`. */
export const rulesFormatCommand: Command = {
  ...oneFile,
  name: "rules format",
  summary: "Write a file of rules in its canonical form",
  details: ["To standard output; needs no server. Comments are left out."],
  options: { to: { value: "FORM", about: "text (the default) or json." } },
  examples: [
    "switchyard rules format routing.rules",
    "switchyard rules format routing.rules --to json",
  ],
  async run({ positionals, options, output }) {
    const form = options.text("to") ?? (output.mode === "json" ? "json" : "text");
    if (form !== "text" && form !== "json") {
      throw new UsageError(`there is no form "${form}"`, "write --to text or --to json");
    }
    const spec = await readRulesFile(output.terminal, positionals[0] ?? "-");
    if (form === "json") output.document(spec);
    else output.line(plainText(formatRulesText(spec).trimEnd(), true));
    return exitCodes.ok;
  },
};

/** `switchyard rules set`. */
export const rulesSetCommand: Command = {
  ...oneFile,
  name: "rules set",
  summary: "Set the rules from a file",
  details: [
    "Reads the text form or JSON. Makes a new version when the content differs from the newest " +
      "one, and brings it into force unless --no-activate is given.",
  ],
  options: {
    note: { value: "TEXT", about: "What this version is for; kept with it." },
    "no-activate": { about: "Only keep it, to try it in shadow or in an experiment." },
  },
  examples: [
    'switchyard rules set routing.rules --note "reports go to Fargate"',
    "switchyard rules set routing.rules --no-activate",
  ],
  async run({ client, positionals, options, output }) {
    const spec = await readRulesFile(output.terminal, positionals[0] ?? "-");
    const kept = await client.rules.set(spec, {
      note: options.text("note"),
      activate: !options.flag("no-activate"),
    });
    if (output.mode === "json") output.document(kept);
    else if (output.mode === "quiet") output.line(String(kept.version));
    else {
      const decides = kept.active.version === kept.version;
      const state = decides ? "decides" : `is kept; version ${kept.active.version} decides`;
      output.line(`version ${kept.version} of the rules (${spec.name}) ${state}`);
      if (!decides) output.remark(`you can: switchyard rules shadow ${kept.version}`);
    }
    return exitCodes.ok;
  },
};
