import type { GroupView, TenantView } from "../../../shared/contract/http/group-views.ts";
import { type BudgetAction, budgetActions } from "../../../shared/group/budget.ts";
import type { GroupBody, TenantBody } from "../../sdk/group-calls.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { parseJson } from "../read-input.ts";
import { usdText } from "../render/receipt-text.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

const oneName = { takes: "NAME", positionalsMin: 1, positionalsMax: 1, group: "Limits" } as const;

const bounds = {
  running: { value: "N", about: "Attempts at the same time, at most." },
  submissions: { value: "N", about: "Submissions a minute, at most." },
  budget: { value: "USD", about: "What may be spent a day, by estimate." },
  exhausted: { value: "WHAT", about: `Then: ${budgetActions.join(", ")}. Default: queue.` },
  timezone: { value: "ZONE", about: "Whose midnight begins the budget's day. Default: UTC." },
} as const;

/** `switchyard group set`. */
export const groupSetCommand: Command = {
  name: "group set",
  takes: "NAME [FILE]",
  positionalsMin: 1,
  positionalsMax: 2,
  group: "Limits",
  summary: "Define a group, or replace what it says",
  details: [
    "From options, or from a JSON file that says more: see docs/groups.md. What is left out has no bound, also where the group had one before.",
  ],
  options: {
    ...bounds,
    backend: { value: "NAME", multiple: true, about: "The only ones that it may use." },
    description: { value: "TEXT", about: "Shown with the group." },
  },
  examples: [
    "switchyard group set nightly --running 20 --budget 25 --exhausted downgrade",
    "switchyard group set nightly nightly.json",
  ],
  async run({ client, positionals, options, output }) {
    const [name = "", file] = positionals;
    const said = groupBodyOf(options);
    const body = file === undefined ? said : await bodyOfFile(output, said, file);
    const group = await client.groups.define(name, body);
    if (output.mode === "json") output.document(group);
    else if (output.mode === "quiet") output.line(group.name);
    else output.line(`group ${group.name} is defined: ${boundsText(group.spec)}`);
    return exitCodes.ok;
  },
};

/** `switchyard group get`. */
export const groupGetCommand: Command = {
  ...oneName,
  name: "group get",
  summary: "Show a group and how much of it is in use",
  options: {},
  examples: ["switchyard group get nightly"],
  async run({ client, positionals, output }) {
    const group = await client.groups.show(positionals[0] ?? "");
    if (output.mode === "json") output.document(group);
    else if (output.mode === "quiet") output.line(group.name);
    else writeGroup(output, group);
    return exitCodes.ok;
  },
};

/** `switchyard group list`. */
export const groupListCommand: Command = {
  name: "group list",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Limits",
  summary: "List the groups",
  options: {},
  examples: ["switchyard group list"],
  async run({ client, output }) {
    const groups: GroupView[] = [];
    for await (const group of client.groups.list()) groups.push(group);
    if (output.mode === "json") for (const group of groups) output.item(group);
    else if (output.mode === "quiet") for (const { name } of groups) output.line(name);
    else if (groups.length === 0) output.remark("there is no group; see switchyard help group set");
    else {
      output.table<GroupView>(
        [
          { title: "GROUP", text: ({ name }) => name, widthMin: 12 },
          { title: "STATE", text: ({ paused }) => (paused === undefined ? "runs" : "paused") },
          { title: "BOUNDS", text: ({ spec }) => boundsText(spec) },
        ],
        groups,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard group delete`. */
export const groupDeleteCommand: Command = {
  ...oneName,
  name: "group delete",
  summary: "Delete a group that nothing names",
  details: ["Refused while the newest version of a task or an open instance names it."],
  options: {},
  examples: ["switchyard group delete nightly"],
  async run({ client, positionals, output }) {
    const name = positionals[0] ?? "";
    const deleted = await client.groups.delete(name);
    if (output.mode === "json") output.document(deleted);
    else if (output.mode === "quiet") output.line(name);
    else output.line(`group ${name} is deleted`);
    return exitCodes.ok;
  },
};

const ofTenant = { takes: "", positionalsMin: 0, positionalsMax: 0, group: "Limits" } as const;

/** `switchyard tenant get`. */
export const tenantGetCommand: Command = {
  ...ofTenant,
  name: "tenant get",
  summary: "Show what bounds everything together",
  options: {},
  examples: ["switchyard tenant get"],
  async run({ client, output }) {
    writeTenant(output, await client.tenant.show());
    return exitCodes.ok;
  },
};

/** `switchyard tenant set`. */
export const tenantSetCommand: Command = {
  ...ofTenant,
  name: "tenant set",
  summary: "Set what bounds everything together",
  details: ["Replaces all bounds: what is left out has none."],
  options: bounds,
  examples: ["switchyard tenant set --submissions 6000 --budget 100 --exhausted ask"],
  async run({ client, options, output }) {
    writeTenant(output, await client.tenant.set(boundsOf(options)));
    return exitCodes.ok;
  },
};

const countMax = 1_000_000;

function boundsOf(options: OptionValues): TenantBody {
  const concurrency = options.wholeNumber("running", 1, countMax);
  const submissionsPerMinute = options.wholeNumber("submissions", 1, countMax);
  const budget = options.text("budget");
  const whenExhausted = options.text("exhausted");
  const timezone = options.text("timezone");
  if (budget === undefined && (whenExhausted !== undefined || timezone !== undefined)) {
    throw new UsageError("--exhausted and --timezone speak of a budget", "give --budget as well");
  }
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(submissionsPerMinute === undefined ? {} : { submissionsPerMinute }),
    ...(budget === undefined
      ? {}
      : {
          budget: {
            usdPerDay: usdOf(budget),
            // The server's complaint names what there is.
            ...(whenExhausted === undefined
              ? {}
              : { whenExhausted: whenExhausted as BudgetAction }),
            ...(timezone === undefined ? {} : { timezone }),
          },
        }),
  };
}

function usdOf(text: string): number {
  const usd = Number(text.replace(/^\$/, ""));
  if (Number.isFinite(usd) && usd > 0) return usd;
  throw new UsageError(`--budget ${text} is no amount of dollars`, "give one such as 2.50");
}

function groupBodyOf(options: OptionValues): GroupBody {
  const backends = options.list("backend");
  const description = options.text("description");
  return {
    ...boundsOf(options),
    ...(backends.length === 0 ? {} : { backends: [...backends] }),
    ...(description === undefined ? {} : { description }),
  };
}

async function bodyOfFile(output: Output, said: GroupBody, file: string): Promise<GroupBody> {
  if (Object.keys(said).length > 0) {
    throw new UsageError("a file and options that say the same thing", "give one of them");
  }
  const body = parseJson(await output.terminal.readText(file), file);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new UsageError(`${file} holds no group: it must be a JSON object`);
  }
  // Its fields are checked by the server, whose complaint names the place.
  return body as GroupBody;
}

function boundsText(spec: GroupView["spec"]): string {
  const { concurrency, rate, submissionsPerMinute, budget, backends } = spec;
  const told = [
    ...(concurrency === undefined ? [] : [`${concurrency} at a time`]),
    ...(rate === undefined ? [] : [`${rate.starts} starts in ${rate.perSeconds} s`]),
    ...(submissionsPerMinute === undefined ? [] : [`${submissionsPerMinute} submissions/min`]),
    ...(budget === undefined
      ? []
      : [`${usdText(budget.usdPerDay)} a day, then ${budget.whenExhausted}`]),
    ...(backends === undefined ? [] : [`only ${backends.join(", ")}`]),
  ];
  return told.length === 0 ? "no bounds" : told.join("; ");
}

function writeGroup(output: Output, { name, spec, paused, use, idle }: GroupView): void {
  const more = use?.complete === false ? " (of the newest)" : "";
  output.facts([
    ["group", name],
    ["description", spec.description === undefined ? undefined : plainText(spec.description)],
    ["state", paused === undefined ? "runs" : `paused by ${paused.by}`],
    ["bounds", boundsText(spec)],
    ["running", use === undefined ? undefined : `${use.running}${more}`],
    ["waiting", use === undefined ? undefined : `${use.waiting}${more}`],
    ...useFacts(use),
    [
      "idle",
      idle === undefined
        ? undefined
        : `${idle.idleHours} of ${idle.idleHours + idle.busyHours} hours`,
    ],
  ]);
}

function writeTenant(output: Output, view: TenantView): void {
  if (output.mode === "json") output.document(view);
  else if (output.mode === "quiet") output.line(view.tenant);
  else {
    output.facts([
      ["tenant", view.tenant],
      ["state", view.stopped === undefined ? "runs" : view.stopped.kind],
      ["bounds", boundsText(view.spec)],
      ...useFacts(view.use),
    ]);
  }
}

function useFacts(
  use: TenantView["use"] | undefined,
): readonly (readonly [string, string | undefined])[] {
  const { submissions, budget } = use ?? {};
  const today = budget?.today;
  return [
    [
      "submitted",
      submissions === undefined
        ? undefined
        : `${submissions.used} of ${submissions.perMinute} in this minute`,
    ],
    [
      "money",
      today === undefined
        ? undefined
        : `${usdText(today.spentUsd)} spent, ${usdText(today.reservedUsd)} set aside, ${usdText(today.leftUsd)} left`,
    ],
  ];
}
