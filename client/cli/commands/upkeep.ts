import type { DoctorView, HealthView } from "../../../shared/contract/http/operation-views.ts";
import type { InstanceState } from "../../../shared/instance/moves.ts";
import type { Command, CommandCall } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { LiveLines } from "../render/live-lines.ts";
import { plainText, type Style } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

type Finding = DoctorView["findings"][number];
type State = HealthView["status"];
type Component = readonly [name: string, facts: HealthView["components"][string]];

/** `switchyard purge`. */
export const purgeCommand: Command = {
  name: "purge",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Server",
  summary: "Delete finished instances with their logs",
  details: ["For good. On a terminal it asks first, unless --yes is given."],
  options: {
    before: { value: "TIME", about: "Finished before then: ISO 8601, or so long ago (30d)." },
    state: { value: "STATE", multiple: true, about: "Only in this final state; may be repeated." },
    task: { value: "NAME", about: "Only of this task." },
    yes: { short: "y", about: "Do not ask." },
  },
  examples: ["switchyard purge --before 30d", "switchyard purge --before 1d --state succeeded -y"],
  run: runPurge,
};

async function runPurge({ client, options, output }: CommandCall): Promise<ExitCode> {
  const before = options.instant("before", "ago");
  if (before === undefined) {
    throw new UsageError("purge needs --before", "say how old, such as --before 30d");
  }
  if (output.terminal.interactive && !options.flag("yes")) {
    const question = `Delete every matching instance finished before ${before}? [y/N] `;
    if (!/^y(es)?$/i.test((await output.terminal.ask(question)).trim())) {
      output.remark("nothing was deleted");
      return exitCodes.ok;
    }
  }
  const states = options.list("state").flatMap((text) => text.split(","));
  const live = new LiveLines(output.terminal);
  const sum = { instancesDeleted: 0, logsDeleted: 0, scanned: 0 };
  const request = {
    before,
    task: options.text("task"),
    // A state that is none, or not final, is refused by the server by name.
    states: states.length === 0 ? undefined : (states as InstanceState[]),
  };
  for await (const page of client.purge(request)) {
    sum.instancesDeleted += page.instancesDeleted;
    sum.logsDeleted += page.logsDeleted;
    sum.scanned += page.scanned;
    if (output.mode === "human") live.show([`${sum.instancesDeleted} deleted, looking on …`]);
  }
  live.clear();
  if (output.mode === "json") output.document({ before, ...sum });
  else if (output.mode === "quiet") output.line(String(sum.instancesDeleted));
  else output.line(`deleted ${sum.instancesDeleted} instances and ${sum.logsDeleted} logs`);
  return exitCodes.ok;
}

/** `switchyard doctor`. */
export const doctorCommand: Command = {
  name: "doctor",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Server",
  summary: "Examine every stored instance for what must never be",
  details: ["Changes nothing. The exit code is 1 when anything is found."],
  options: {},
  examples: ["switchyard doctor"],
  run: runDoctor,
};

async function runDoctor({ client, output }: CommandCall): Promise<ExitCode> {
  const live = new LiveLines(output.terminal);
  const byInvariant = new Map<string, Finding[]>();
  let scanned = 0;
  let found = 0;
  for await (const page of client.doctor()) {
    scanned += page.scanned;
    for (const finding of page.findings) {
      found++;
      const known = byInvariant.get(finding.invariant);
      if (known === undefined) byInvariant.set(finding.invariant, [finding]);
      else known.push(finding);
    }
    if (output.mode === "human") live.show([`${scanned} instances examined, ${found} findings`]);
  }
  live.clear();
  if (output.mode === "json") {
    output.document({ scanned, findings: [...byInvariant.values()].flat() });
  } else if (output.mode === "quiet") {
    const ids = [...byInvariant.values()].flat().map(({ instanceId }) => instanceId);
    for (const id of new Set(ids)) output.line(id);
  } else {
    for (const [invariant, findings] of byInvariant) {
      const { paint } = output;
      output.line(paint("red", plainText(`${invariant} (${findings.length})`)));
      for (const { instanceId, task, detail } of findings) {
        output.line(plainText(`  ${instanceId} of ${task}: ${detail}`));
      }
    }
    const verdict = found === 0 ? "all is as it must be" : `${found} findings`;
    output.line(`${scanned} instances examined: ${verdict}`);
  }
  return found === 0 ? exitCodes.ok : exitCodes.failed;
}

const styleOfComponent: Readonly<Record<State, Style>> = {
  ok: "green",
  degraded: "yellow",
  down: "red",
};

/** `switchyard health`. */
export const healthCommand: Command = {
  name: "health",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Server",
  summary: "Show whether the server's parts work",
  details: ["The exit code is 1 when a part is down."],
  options: {},
  examples: ["switchyard health"],
  async run({ client, output }) {
    const health = await client.health();
    if (output.mode === "json") output.document(health);
    else if (output.mode === "quiet") output.line(health.status);
    else {
      const { paint } = output;
      output.line(
        `switchyard ${plainText(health.version)} is ${paint(styleOfComponent[health.status], health.status)}`,
      );
      output.table<Component>(
        [
          { title: "PART", text: ([name]) => name },
          {
            title: "STATE",
            text: ([, { state }]) => state,
            style: ([, { state }]) => styleOfComponent[state],
          },
          { title: "FACTS", text: ([, facts]) => factsText(facts), widthMin: 20 },
        ],
        Object.entries(health.components),
      );
    }
    return health.status === "down" ? exitCodes.failed : exitCodes.ok;
  },
};

function factsText({ state: _, ...facts }: Component[1]): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}
