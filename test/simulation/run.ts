import { parseArgs } from "node:util";
import { invariants } from "./checks/invariants.ts";
import { catchBug } from "./planted/catch-bug.ts";
import { plantedBugs } from "./planted/planted-bugs.ts";
import { runSeed } from "./run-seed.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import { type ConfigOverrides, commandFor, type PlannedKill } from "./world/config.ts";
import { type FaultName, faultNames } from "./world/faults.ts";
import { type SometimesName, sometimesNames } from "./world/sometimes.ts";

const usage = `Deterministic simulation of the control plane.

  npm run sim -- --seeds 2000           run 2,000 seeds, each twice
  npm run sim -- --seeds 100 --first 7  begin with seed 7
  npm run sim -- --seed 42              one seed, with its configuration
  npm run sim -- --seed 42 --trace      the same, and everything that happened
  npm run sim -- --planted              plant each known bug and say what notices it

Made smaller, as a failing seed is: --commands N, --only-commands 1,5, --minutes N, --faults kill,hintLost
(or "none"), --kill dispatch:3 or --kill dispatch:3:arrives. --no-shrink prints a failure as it was found.
`;

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string" },
    first: { type: "string", default: "1" },
    seed: { type: "string" },
    commands: { type: "string" },
    "only-commands": { type: "string" },
    minutes: { type: "string" },
    faults: { type: "string" },
    kill: { type: "string" },
    trace: { type: "boolean", default: false },
    planted: { type: "boolean", default: false },
    "no-shrink": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const overrides: ConfigOverrides = {
  commands: numberOf(options.commands),
  onlyCommands: listOf(options["only-commands"])?.map(Number),
  faultMinutes: numberOf(options.minutes),
  onlyFaults: listOf(options.faults)?.map(faultOf),
  killAt: killOf(options.kill),
};

if (options.help) print(usage);
else if (options.planted) await plantAll();
else if (options.seed !== undefined) await runOne(Number(options.seed));
else await runMany(numberOf(options.first) ?? 1, numberOf(options.seeds) ?? 200);

async function runOne(seed: number): Promise<void> {
  const { config, trace, violation } = await simulate(seed, overrides, options.trace);
  print(`${JSON.stringify(config)}\n`);
  if (trace.length > 0) print(`${trace.join("\n")}\n`);
  const verdict = await runSeed(seed, overrides);
  print(`${describe(verdict.result, verdict.outcome)}\n`);
  if (violation !== undefined || verdict.outcome !== "clean") process.exitCode = 1;
}

async function runMany(first: number, count: number): Promise<void> {
  const sometimes = new Map<SometimesName, number>();
  const faults = new Map<FaultName, number>();
  const startedAt = process.hrtime.bigint();
  let events = 0;
  for (let seed = first; seed < first + count; seed++) {
    const verdict = await runSeed(seed, overrides);
    const { result } = verdict;
    events += result.events;
    addAll(sometimes, result.sometimes);
    addAll(faults, result.faults);
    if (verdict.outcome !== "clean") {
      await explain(seed, verdict);
      process.exitCode = 1;
      return;
    }
    if ((seed - first + 1) % 100 === 0) print(`${seed - first + 1} of ${count} seeds\n`);
  }
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  print(
    `\n${count} seeds, each run twice with equal traces: no invariant broken.\n` +
      `${events} events, ${seconds.toFixed(1)} s, ${((2 * count) / seconds).toFixed(0)} runs per second.\n`,
  );
  print(`\nFaults that happened\n${table(faultNames, faults)}`);
  print(`\nSituations that must come up now and then\n${table(sometimesNames, sometimes)}`);
  const missed = sometimesNames.filter((name) => !sometimes.has(name));
  if (missed.length > 0) print(`\nNever seen in these runs: ${missed.join(", ")}.\n`);
}

async function plantAll(): Promise<void> {
  for (const bug of plantedBugs) {
    const caught = await catchBug(bug);
    if (caught === undefined) process.exitCode = 1;
    const where = caught === undefined ? "MISSED" : `seed ${caught.seed}, ${caught.invariant}`;
    print(`${bug.name}\n    ${where}\n`);
  }
}

async function explain(seed: number, verdict: Awaited<ReturnType<typeof runSeed>>): Promise<void> {
  print(
    `\n${describe(verdict.result, verdict.outcome)}\n${JSON.stringify(verdict.result.config)}\n`,
  );
  if (verdict.outcome !== "broken" || options["no-shrink"]) {
    print(`\n${commandFor(seed, overrides)} --trace\n`);
    return;
  }
  const smaller = await shrink(seed, verdict.invariant, overrides);
  const again = await simulate(seed, smaller);
  print(`\nMade smaller: ${describe(again, "broken")}\n\n${commandFor(seed, smaller)} --trace\n`);
}

function describe(
  result: Awaited<ReturnType<typeof simulate>>,
  outcome: Awaited<ReturnType<typeof runSeed>>["outcome"],
): string {
  const { config, violation, events, instances, virtualMs, digest } = result;
  const size = `${instances} instances, ${events} events, ${Math.round(virtualMs / 60_000)} virtual minutes`;
  if (outcome === "unrepeatable") return `seed ${config.seed} runs differently each time (${size})`;
  if (violation === undefined) return `seed ${config.seed} is clean: ${size}, trace ${digest}`;
  const rule: Readonly<Record<string, string>> = invariants;
  return (
    `seed ${config.seed} breaks "${violation.invariant}" at ${violation.atMs} ms: ${violation.detail}\n` +
    `The rule: ${rule[violation.invariant] ?? "not in the table of invariants"}\n${size}, trace ${digest}`
  );
}

function table<Name extends string>(
  names: readonly Name[],
  counts: ReadonlyMap<Name, number>,
): string {
  return names.map((name) => `  ${String(counts.get(name) ?? 0).padStart(9)}  ${name}\n`).join("");
}

function addAll<Name>(sums: Map<Name, number>, counts: ReadonlyMap<Name, number>): void {
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
}

function listOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  return text === "none" || text === "" ? [] : text.split(",");
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`"${text}" is not a number`);
  return value;
}

function killOf(text: string | undefined): PlannedKill | undefined {
  if (text === undefined) return undefined;
  const [functionName = "", call, arrives] = text.split(":");
  return { functionName, call: numberOf(call) ?? 1, arrives: arrives === "arrives" };
}

function faultOf(text: string): FaultName {
  const name = faultNames.find((known) => known === text);
  if (name === undefined) throw new Error(`no fault "${text}"; known: ${faultNames.join(", ")}`);
  return name;
}

function print(text: string): void {
  process.stdout.write(text);
}
