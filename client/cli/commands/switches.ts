import type { GroupView, TenantView } from "../../../shared/contract/http/group-views.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { plainText } from "../styles.ts";

const ofTenant = { takes: "", positionalsMin: 0, positionalsMax: 0, group: "Limits" } as const;
const ofGroup = { takes: "GROUP", positionalsMin: 1, positionalsMax: 1, group: "Limits" } as const;
const reason = { reason: { value: "TEXT", about: "Shown with it." } } as const;

/** `switchyard group pause`. */
export const groupPauseCommand: Command = {
  ...ofGroup,
  name: "group pause",
  summary: "Start no more instances of a group",
  details: ["They are still accepted and wait; what runs, runs on."],
  options: reason,
  examples: ['switchyard group pause nightly --reason "month end"'],
  async run({ client, positionals, options, output }) {
    const group = await client.switches.pauseGroup(positionals[0] ?? "", reasonOf(options));
    return writeGroup(output, group, "is paused");
  },
};

/** `switchyard group resume`. */
export const groupResumeCommand: Command = {
  ...ofGroup,
  name: "group resume",
  summary: "Let a paused group run again",
  options: reason,
  examples: ["switchyard group resume nightly"],
  async run({ client, positionals, options, output }) {
    const group = await client.switches.resumeGroup(positionals[0] ?? "", reasonOf(options));
    return writeGroup(output, group, "runs");
  },
};

/** `switchyard tenant pause`. */
export const tenantPauseCommand: Command = {
  ...ofTenant,
  name: "tenant pause",
  summary: "Start nothing any more",
  details: ["Everything is still accepted and waits; what runs, runs on."],
  options: reason,
  examples: ['switchyard tenant pause --reason "the database moves"'],
  async run({ client, options, output }) {
    return writeTenant(output, await client.switches.pause(reasonOf(options)));
  },
};

/** `switchyard tenant resume`. */
export const tenantResumeCommand: Command = {
  ...ofTenant,
  name: "tenant resume",
  summary: "Let everything run again",
  details: ["After a pause, or after everything was switched off."],
  options: reason,
  examples: ["switchyard tenant resume"],
  async run({ client, options, output }) {
    return writeTenant(output, await client.switches.resume(reasonOf(options)));
  },
};

/** `switchyard tenant off`. */
export const tenantOffCommand: Command = {
  ...ofTenant,
  name: "tenant off",
  summary: "Start and accept nothing any more",
  details: [
    "Submissions are refused, schedules and triggers make nothing, and nothing starts, until the tenant is resumed. What runs, runs on, unless it is to be cancelled.",
  ],
  options: {
    ...reason,
    "cancel-running": { about: "Cancel what runs, too." },
  },
  examples: ['switchyard tenant off --cancel-running --reason "the bill explodes"'],
  async run({ client, options, output }) {
    const cancelRunning = options.flag("cancel-running");
    let answer = await client.switches.off({ ...reasonOf(options), cancelRunning });
    let { cancelled } = answer;
    // Each request cancels a bounded number of them.
    while (!answer.complete) {
      answer = await client.switches.off({ ...reasonOf(options), cancelRunning });
      cancelled += answer.cancelled;
    }
    if (output.mode === "json") output.document({ ...answer, cancelled });
    else if (output.mode === "quiet") output.line("off");
    else output.line(`everything is off; ${cancelled} instances were cancelled`);
    return exitCodes.ok;
  },
};

function reasonOf(options: OptionValues): { readonly reason?: string } {
  const text = options.text("reason");
  return text === undefined ? {} : { reason: text };
}

function writeGroup(output: Output, group: GroupView, how: string) {
  if (output.mode === "json") output.document(group);
  else output.line(output.mode === "quiet" ? group.name : `group ${group.name} ${how}`);
  return exitCodes.ok;
}

function writeTenant(output: Output, tenant: TenantView) {
  const { stopped } = tenant;
  const how = stopped?.kind ?? "running";
  const because = stopped?.reason === undefined ? "" : `: ${plainText(stopped.reason)}`;
  if (output.mode === "json") output.document(tenant);
  else
    output.line(output.mode === "quiet" ? how : `the tenant ${tenant.tenant} is ${how}${because}`);
  return exitCodes.ok;
}
