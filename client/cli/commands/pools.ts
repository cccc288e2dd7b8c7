import type { PoolView } from "../../../shared/contract/http/pool-views.ts";
import type { WorkerView } from "../../../shared/contract/http/work.ts";
import type { PoolStrategy } from "../../../shared/pool/pool.ts";
import { poolStrategies } from "../../../shared/pool/pool.ts";
import type { PoolBody } from "../../sdk/pool-calls.ts";
import type { Command } from "../command.ts";
import { relativeText } from "../durations.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { parseJson } from "../read-input.ts";
import { plainText, type Style } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

const oneName = {
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Pools",
} as const;

/** `switchyard pools`. */
export const poolsCommand: Command = {
  name: "pools",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Pools",
  summary: "List the pools of workers",
  options: {},
  examples: ["switchyard pools"],
  async run({ client, output }) {
    const pools: PoolView[] = [];
    for await (const pool of client.pools.list()) pools.push(pool);
    if (output.mode === "json") for (const pool of pools) output.item(pool);
    else if (output.mode === "quiet") for (const { name } of pools) output.line(name);
    else if (pools.length === 0) output.remark("there is no pool; see switchyard help pool set");
    else {
      output.table<PoolView>(
        [
          { title: "POOL", text: ({ name }) => name, widthMin: 12 },
          { title: "STATE", text: stateOf, style: styleOfPool },
          { title: "WORKERS", text: workersOf, align: "right" },
          { title: "BUSY", text: busyOf, align: "right" },
          { title: "TYPE", text: ({ spec }) => spec.type, dropOrder: 1 },
          { title: "STRATEGY", text: ({ spec }) => spec.strategy, dropOrder: 2 },
          { title: "LABELS", text: ({ spec }) => labelText(spec.labels), dropOrder: 3 },
        ],
        pools,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard pool show`. */
export const poolShowCommand: Command = {
  ...oneName,
  name: "pool show",
  summary: "Show a pool and its workers",
  options: {},
  examples: ["switchyard pool show edge-tokyo"],
  async run({ client, positionals, output }) {
    const name = positionals[0] ?? "";
    const pool = await client.pools.show(name);
    const workers: WorkerView[] = [];
    for await (const worker of client.pools.workers(name)) workers.push(worker);
    if (output.mode === "json") output.document({ ...pool, workerList: workers });
    else if (output.mode === "quiet") for (const { id } of workers) output.line(id);
    else writePool(output, pool, workers);
    return exitCodes.ok;
  },
};

/** `switchyard pool set`. */
export const poolSetCommand: Command = {
  name: "pool set",
  takes: "NAME [FILE]",
  positionalsMin: 1,
  positionalsMax: 2,
  group: "Pools",
  summary: "Define a pool, or replace what it says",
  details: [
    "From options, or from a JSON file that says more: see docs/pools.md. What is left out gets its default, also where the pool said otherwise before.",
  ],
  options: {
    type: { value: "TYPE", about: "traditional (the default) or edge." },
    strategy: { value: "NAME", about: `One of ${poolStrategies.join(", ")}. Default: pull.` },
    label: { value: "K=V", multiple: true, about: "What tasks may ask for, such as site=tokyo." },
    lease: { value: "DURATION", about: "Silence that loses an attempt. Default: 30s." },
    description: { value: "TEXT", about: "Shown with the pool." },
  },
  examples: [
    "switchyard pool set machines",
    "switchyard pool set edge-tokyo --type edge --label site=tokyo --lease 20s",
    "switchyard pool set edge-tokyo edge-tokyo.json",
  ],
  async run({ client, positionals, options, output }) {
    const [name = "", file] = positionals;
    const body = file === undefined ? bodyOf(options) : await bodyOfFile(output, options, file);
    const pool = await client.pools.define(name, body);
    if (output.mode === "json") output.document(pool);
    else if (output.mode === "quiet") output.line(pool.name);
    else
      output.line(`pool ${pool.name} is defined; ${pool.unavailable ?? "its workers take work"}`);
    return exitCodes.ok;
  },
};

/** `switchyard pool delete`. */
export const poolDeleteCommand: Command = {
  ...oneName,
  name: "pool delete",
  summary: "Delete a pool that nothing waits for",
  details: ["Refused while attempts wait in its line or run on its workers."],
  options: {},
  examples: ["switchyard pool delete edge-tokyo"],
  async run({ client, positionals, output }) {
    const name = positionals[0] ?? "";
    const deleted = await client.pools.delete(name);
    if (output.mode === "json") output.document(deleted);
    else if (output.mode === "quiet") output.line(name);
    else output.line(`pool ${name} is deleted`);
    return exitCodes.ok;
  },
};

/** `switchyard pool drain`. */
export const poolDrainCommand: Command = {
  name: "pool drain",
  takes: "POOL WORKER",
  positionalsMin: 2,
  positionalsMax: 2,
  group: "Pools",
  summary: "Let a worker finish what it has, and nothing more",
  options: {},
  examples: ["switchyard pool drain edge-tokyo rack-7-k3v9x2"],
  async run({ client, positionals, output }) {
    const [name = "", id = ""] = positionals;
    const worker = await client.pools.drain(name, id);
    if (output.mode === "json") output.document(worker);
    else if (output.mode === "quiet") output.line(worker.id);
    else output.line(`worker ${worker.id} drains; it has ${worker.busy} to finish`);
    return exitCodes.ok;
  },
};

function bodyOf(options: OptionValues): PoolBody {
  const type = options.text("type");
  const strategy = options.text("strategy");
  const labels = options.pairs("label");
  const leaseMs = options.durationMs("lease");
  const description = options.text("description");
  return {
    // The server's complaint names what there is.
    ...(type === undefined ? {} : { type: type as "edge" }),
    ...(strategy === undefined ? {} : { strategy: strategy as PoolStrategy }),
    ...(labels === undefined ? {} : { labels: { ...labels } }),
    ...(leaseMs === undefined ? {} : { leaseSeconds: leaseMs / 1_000 }),
    ...(description === undefined ? {} : { description }),
  };
}

async function bodyOfFile(output: Output, options: OptionValues, file: string): Promise<PoolBody> {
  if (Object.keys(bodyOf(options)).length > 0) {
    throw new UsageError("a file and options that say the same thing", "give one of them");
  }
  const body = parseJson(await output.terminal.readText(file), file);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new UsageError(`${file} holds no pool: it must be a JSON object`);
  }
  // Its fields are checked by the server, whose complaint names the place.
  return body as PoolBody;
}

function writePool(output: Output, pool: PoolView, workers: readonly WorkerView[]): void {
  const { spec } = pool;
  output.facts([
    ["pool", pool.name],
    ["state", output.paint(styleOfPool(pool), stateOf(pool))],
    ["description", spec.description === undefined ? undefined : plainText(spec.description)],
    ["type", spec.type],
    ["strategy", spec.strategy],
    ["labels", plainText(labelText(spec.labels)) || undefined],
    ["latency", spec.latencyMs === undefined ? undefined : `${spec.latencyMs} ms`],
    ["line", spec.bandwidthMbps === undefined ? undefined : `${spec.bandwidthMbps} Mbps`],
    ["lease", `${spec.leaseSeconds} s`],
    ["costs", `$${spec.usdPerWorkerHour} for each worker's hour`],
    ["waiting", String(pool.waiting ?? 0)],
  ]);
  if (workers.length === 0) return;
  output.line();
  output.table<WorkerView>(
    [
      { title: "WORKER", text: ({ id }) => id, widthMin: 16 },
      { title: "HEALTH", text: ({ health }) => health, style: ({ health }) => healthStyle[health] },
      { title: "BUSY", text: ({ busy, slots }) => `${busy} of ${slots}`, align: "right" },
      { title: "SEEN", text: ({ seenAt }) => relativeText(seenAt, output.nowMs) },
      { title: "VERSION", text: ({ version }) => version, dropOrder: 1 },
      { title: "LABELS", text: ({ labels }) => labelText(labels), dropOrder: 2 },
    ],
    workers,
  );
}

const healthStyle: Readonly<Record<WorkerView["health"], Style>> = {
  healthy: "green",
  draining: "yellow",
  silent: "red",
};

function stateOf({ unavailable }: PoolView): string {
  return unavailable ?? "takes work";
}

function styleOfPool({ unavailable }: PoolView): Style {
  return unavailable === undefined ? "green" : "yellow";
}

function workersOf({ workers, unavailable }: PoolView): string {
  return unavailable === undefined ? String(workers?.healthy ?? 0) : "0";
}

function busyOf({ workers }: PoolView): string {
  return workers === undefined ? "" : `${workers.busy} of ${workers.slots}`;
}

function labelText(labels: Readonly<Record<string, string>> = {}): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}
