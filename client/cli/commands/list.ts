import type { InstanceView } from "../../../shared/contract/http/views.ts";
import { limits } from "../../../shared/core/limits.ts";
import { nearestName } from "../../../shared/core/nearest-name.ts";
import { type InstanceState, instanceStates } from "../../../shared/instance/moves.ts";
import type { Command, CommandCall } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { instanceColumns } from "../render/instance-text.ts";
import { UsageError } from "../usage-error.ts";

const limitDefault = 20;

/** `switchyard list`. */
export const listCommand: Command = {
  name: "list",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Instances",
  summary: "List instances, newest first",
  options: {
    task: { value: "NAME", about: "Of this task." },
    state: {
      value: "STATE",
      multiple: true,
      about: `In this state; several with commas: ${instanceStates.join(", ")}.`,
    },
    group: { value: "NAME", about: "Of this group." },
    colour: { value: "ID", about: "That began from this instance, directly or not." },
    tag: {
      value: "KEY=VALUE",
      multiple: true,
      about: "With this tag (KEY alone: any value); may be repeated.",
    },
    since: { value: "TIME", about: "Submitted then or later: ISO 8601, or so long ago (1h)." },
    until: { value: "TIME", about: "Submitted before then." },
    q: { value: "TEXT", about: "With this text in id, task, group, tags, key, backend or error." },
    limit: { value: "N", about: `At most so many; default ${limitDefault}.` },
    all: { about: "All that match." },
  },
  examples: [
    "switchyard list --state failed,timed_out --since 1h",
    "switchyard list --task resize --tag team=web --all --json",
  ],
  run: runList,
};

async function runList({ client, options, output }: CommandCall): Promise<ExitCode> {
  const most = options.flag("all")
    ? Number.POSITIVE_INFINITY
    : (options.wholeNumber("limit", 1, 1_000_000) ?? limitDefault);
  const listing = client.list({
    task: options.text("task"),
    state: statesOf(options.list("state")),
    group: options.text("group"),
    colour: options.text("colour"),
    tag: options.list("tag"),
    since: options.instant("since", "ago"),
    until: options.instant("until", "ago"),
    q: options.text("q"),
    limit: Math.min(most, limits.pageSizeMax),
  });
  let count = 0;
  let more = false;
  for await (const page of listing.pages()) {
    const shown = page.items.slice(0, most - count);
    write(output, shown, count === 0);
    count += shown.length;
    more = shown.length < page.items.length || page.nextCursor !== undefined;
    if (count >= most) break;
  }
  if (count === 0) output.remark("no instance matches");
  if (more && count >= most) output.remark(`the newest ${count}; --all or --limit N shows more`);
  return exitCodes.ok;
}

/** Page by page, so that a long list starts to show at once; the heading stands above the first. */
function write(
  output: CommandCall["output"],
  items: readonly InstanceView[],
  first: boolean,
): void {
  if (items.length === 0) return;
  if (output.mode === "json") for (const item of items) output.item(item);
  else if (output.mode === "quiet") for (const item of items) output.line(item.id);
  else output.table(instanceColumns(output.nowMs), items, first);
}

function statesOf(given: readonly string[]): readonly InstanceState[] {
  return given
    .flatMap((text) => text.split(","))
    .map((text) => {
      const state = instanceStates.find((known) => known === text);
      if (state !== undefined) return state;
      const near = nearestName(text, instanceStates);
      throw new UsageError(
        `there is no state "${text}"`,
        near === undefined ? `states are ${instanceStates.join(", ")}` : `did you mean ${near}?`,
      );
    });
}
