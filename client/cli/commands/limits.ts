import type { HolderView, LimitView } from "../../../shared/contract/http/limit-views.ts";
import { limits as bounds } from "../../../shared/core/limits.ts";
import type { Rate } from "../../../shared/limit/limit.ts";
import type { LimitBody } from "../../sdk/limit-calls.ts";
import type { Command } from "../command.ts";
import { relativeText } from "../durations.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

const oneName = {
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Limits",
} as const;
const ofKey = { key: { value: "TEXT", about: "Of this key, where tasks use it by a key." } };

/** `switchyard limit set`. */
export const limitSetCommand: Command = {
  ...oneName,
  name: "limit set",
  summary: "Define a limit that tasks share, or replace what it says",
  details: [
    "Tasks name it in limits. What is left out is bounded no more, also where the limit said so before.",
  ],
  options: {
    concurrency: { value: "N", about: "Attempts at the same time." },
    rate: { value: "N/DURATION", about: "Starts in so much time, such as 100/1m." },
    burst: { value: "N", about: "Starts that may come at once. Default: one." },
    description: { value: "TEXT", about: "Shown with the limit." },
  },
  examples: [
    "switchyard limit set crm --concurrency 20",
    "switchyard limit set crm --rate 100/1m --burst 10",
  ],
  async run({ client, positionals, options, output }) {
    const limit = await client.limits.define(positionals[0] ?? "", bodyOf(options));
    if (output.mode === "json") output.document(limit);
    else
      output.line(output.mode === "quiet" ? limit.name : `limit ${limit.name}: ${textOf(limit)}`);
    return exitCodes.ok;
  },
};

/** `switchyard limit list`. */
export const limitListCommand: Command = {
  name: "limit list",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Limits",
  summary: "List the limits",
  options: {},
  examples: ["switchyard limit list"],
  async run({ client, output }) {
    const found: LimitView[] = [];
    for await (const limit of client.limits.list()) found.push(limit);
    if (output.mode === "json") for (const limit of found) output.item(limit);
    else if (output.mode === "quiet") for (const { name } of found) output.line(name);
    else if (found.length === 0) output.remark("there is no limit; see switchyard help limit set");
    else {
      output.table<LimitView>(
        [
          { title: "LIMIT", text: ({ name }) => name, widthMin: 12 },
          { title: "BOUNDS", text: textOf },
          { title: "DESCRIPTION", text: ({ spec }) => spec.description ?? "", dropOrder: 1 },
        ],
        found,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard limit get`. */
export const limitGetCommand: Command = {
  ...oneName,
  name: "limit get",
  summary: "Show a limit and how much of it is in use",
  options: ofKey,
  examples: ["switchyard limit get crm", "switchyard limit get site --key eu"],
  async run({ client, positionals, options, output }) {
    const limit = await client.limits.show(positionals[0] ?? "", keyOf(options));
    if (output.mode === "json") output.document(limit);
    else if (output.mode === "quiet") output.line(String(limit.use?.waiting ?? 0));
    else writeLimit(output, limit);
    return exitCodes.ok;
  },
};

/** `switchyard limit holders`. */
export const limitHoldersCommand: Command = {
  ...oneName,
  name: "limit holders",
  summary: "List who holds a limit's slots",
  options: ofKey,
  examples: ["switchyard limit holders crm"],
  async run({ client, positionals, options, output }) {
    const found: HolderView[] = [];
    for await (const holder of client.limits.holders(positionals[0] ?? "", keyOf(options))) {
      found.push(holder);
    }
    if (output.mode === "json") for (const holder of found) output.item(holder);
    else if (output.mode === "quiet") for (const { instanceId } of found) output.line(instanceId);
    else if (found.length === 0) output.remark("nobody holds a slot");
    else {
      output.table<HolderView>(
        [
          { title: "INSTANCE", text: ({ instanceId }) => instanceId },
          { title: "ATTEMPT", text: ({ attemptId }) => attemptId, dropOrder: 1 },
          { title: "SINCE", text: ({ since }) => relativeText(since, output.nowMs) },
        ],
        found,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard limit delete`. */
export const limitDeleteCommand: Command = {
  ...oneName,
  name: "limit delete",
  summary: "Delete a limit that no task names any more",
  options: {},
  examples: ["switchyard limit delete crm"],
  async run({ client, positionals, output }) {
    const [name = ""] = positionals;
    const answer = await client.limits.delete(name);
    if (output.mode === "json") output.document(answer);
    else if (output.mode !== "quiet") output.line(`limit ${name} deleted`);
    return exitCodes.ok;
  },
};

function keyOf(options: OptionValues): { readonly key?: string } {
  const key = options.text("key");
  return key === undefined ? {} : { key };
}

function bodyOf(options: OptionValues): LimitBody {
  const concurrency = options.wholeNumber("concurrency", 1, bounds.slotsPerGateMax);
  const rate = rateOf(options);
  const description = options.text("description");
  if (concurrency === undefined && rate === undefined) {
    throw new UsageError("a limit bounds something", "give --concurrency, --rate or both");
  }
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(rate === undefined ? {} : { rate }),
    ...(description === undefined ? {} : { description }),
  };
}

function rateOf(options: OptionValues): LimitBody["rate"] {
  const text = options.text("rate");
  const burst = options.wholeNumber("burst", 1, bounds.rateStartsMax);
  if (text === undefined) {
    if (burst === undefined) return undefined;
    throw new UsageError("--burst says how many of a rate may come at once", "give --rate, too");
  }
  const [, starts, unit] = /^(\d{1,6})\/(\d{0,6}[smh])$/.exec(text) ?? [];
  const perSeconds = unit === undefined ? undefined : secondsOf(unit);
  if (starts === undefined || perSeconds === undefined) {
    throw new UsageError(`--rate takes N/DURATION, such as 100/1m, not "${text}"`);
  }
  return { starts: Number(starts), perSeconds, ...(burst === undefined ? {} : { burst }) };
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** `1m`, `30s`, and also `m` for one minute. */
function secondsOf(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d*)([smh])$/.exec(text) ?? [];
  const seconds = unitSeconds[unit];
  if (seconds === undefined) return undefined;
  return count === undefined || count === "" ? seconds : Number(count) * seconds;
}

function textOf({ spec }: Pick<LimitView, "spec">): string {
  const slots = spec.concurrency === undefined ? [] : [`${spec.concurrency} at a time`];
  return [...slots, ...(spec.rate === undefined ? [] : [rateText(spec.rate)])].join(", ");
}

function rateText({ starts, perSeconds, burst }: Rate): string {
  const at = burst === undefined || burst === 1 ? "" : `, ${burst} at once`;
  return `${starts} in ${perSeconds} s${at}`;
}

function writeLimit(output: Output, limit: LimitView): void {
  const { spec, use } = limit;
  output.facts([
    ["limit", limit.name],
    ["description", spec.description === undefined ? undefined : plainText(spec.description)],
    ["bounds", textOf(limit)],
    ["held", use?.held === undefined ? undefined : `${use.held} of ${spec.concurrency ?? "any"}`],
    ["starts left", use?.startsLeft === undefined ? undefined : String(use.startsLeft)],
    [
      "next start",
      use?.nextStartAt === undefined ? undefined : relativeText(use.nextStartAt, output.nowMs),
    ],
    ["waiting", String(use?.waiting ?? 0)],
  ]);
}
