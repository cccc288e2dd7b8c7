import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type FunctionName, functionNames } from "../../shared/contract/env.ts";
import { type Bill, billOf, type UnitCounts } from "../../shared/pricing/bill.ts";
import { usEast1PriceTable } from "../../shared/pricing/price-table.ts";
import { type Deployment, deploy } from "../handlers/deployment.ts";
import { openYard } from "../handlers/yard.ts";
import { assumedLatencyMs, profiles } from "./bill/assumptions.ts";
import { type BundleFacts, bundleFacts } from "./bill/bundle-facts.ts";
import { type FunctionProcess, startFunction } from "./bill/function-process.ts";
import { measureProfile, type ProfileUse } from "./bill/measure-profile.ts";

const { values } = parseArgs({
  options: {
    json: { type: "string", default: "dist/bill.json" },
    /** Which state changes go out on the bus. */
    events: { type: "string", default: "terminal" },
  },
});

const million = 1_000_000;
const processes = new Map<FunctionName, FunctionProcess>();
const deployment = await deploy({
  // As deployed for one tenant.
  environment: { FAIR_QUEUE: "off", STATE_EVENTS: values.events },
  load: loadProcesses,
});
try {
  const facts = await bundleFacts(deployment.bundles);
  await openYard(deployment).defineTask();
  setLatencies(deployment);
  const uses: ProfileUse[] = [];
  for (const profile of profiles) {
    // A first, shorter round: compilers and connections are warm when it counts.
    const fewer = { instances: 100, together: Math.min(100, profile.together) };
    await measureProfile(deployment, processes, { ...profile, ...fewer });
    uses.push(await measureProfile(deployment, processes, profile));
  }
  if (deployment.stub.violations.length > 0) throw new Error(deployment.stub.violations.join("\n"));
  const bills = uses.map((use) => ({ use, bill: billPerMillion(use) }));
  for (const { use, bill } of bills) printBill(use, bill);
  printBundles(facts);
  await writeFile(values.json, `${JSON.stringify({ bills, bundles: facts }, null, 2)}\n`);
  process.stdout.write(`\nwritten to ${values.json}\n`);
} finally {
  for (const each of processes.values()) await each.stop();
  await deployment.close();
}

async function loadProcesses(bundles: string) {
  const handlers = await Promise.all(
    functionNames.map(async (name) => {
      const started = await startFunction(bundles, name);
      processes.set(name, started);
      return [name, started.invoke] as const;
    }),
  );
  return Object.fromEntries(handlers) as Record<FunctionName, FunctionProcess["invoke"]>;
}

function setLatencies({ stub, wire }: Deployment): void {
  const { sqs, lambda, events, dynamodb } = assumedLatencyMs;
  Object.assign(stub.latencyMs, { sqs, lambda, events });
  for (const [action, ms] of Object.entries(dynamodb)) wire.latencyMs.set(action, ms);
}

function billPerMillion({ counts, profile }: ProfileUse): Bill {
  const scaled = Object.entries(counts).map(([unit, used]) => [
    unit,
    (used / profile.instances) * million,
  ]);
  return billOf(Object.fromEntries(scaled) as UnitCounts, usEast1PriceTable);
}

function printBill({ profile, functions, storedBytes }: ProfileUse, bill: Bill): void {
  const { instances } = profile;
  const perTask = (amount: number) => (amount / instances).toFixed(3).padStart(9);
  const lines = bill.lines.map(
    ({ unit, used, usd }) =>
      `  ${unit.padEnd(26)} ${(used / million).toPrecision(3).padStart(9)} a task   $${usd.toFixed(2).padStart(5)}`,
  );
  const uses = functions.map(({ name, invocations, billedMs, cpuMs, table }) => {
    const actions = Object.entries(table).map(
      ([action, { calls, units }]) =>
        `${action} ${(calls / instances).toFixed(2)} (${(units / instances).toFixed(2)} units)`,
    );
    return `  ${name.padEnd(10)} ${perTask(invocations)} calls ${perTask(cpuMs)} ms CPU ${perTask(billedMs)} ms billed   ${actions.join(", ")}`;
  });
  process.stdout.write(
    [
      `\nA million plain tasks, ${profile.name}: $${bill.totalUsd.toFixed(2)} (${bill.priceTable})`,
      ...lines,
      "  per task and function:",
      ...uses,
      `  a finished instance takes ${Math.round(storedBytes)} bytes\n`,
    ].join("\n"),
  );
}

function printBundles(facts: readonly BundleFacts[]): void {
  const rows = facts.map(
    ({ name, minifiedBytes, gzipBytes, lazyBytes, initMs }) =>
      `  ${name.padEnd(10)} ${kilobytes(minifiedBytes)} minified ${kilobytes(gzipBytes)} gzip ${kilobytes(lazyBytes)} lazily ${initMs.toFixed(0).padStart(5)} ms init`,
  );
  process.stdout.write(
    `\nBundles (init on this machine, median of fresh processes)\n${rows.join("\n")}\n`,
  );
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(0)} kB`.padStart(8);
}
