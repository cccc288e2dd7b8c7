import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { type Host, openHost } from "../../functions/local/host.ts";
import { parseHostOptions } from "../../functions/local/options.ts";
import { loadInstance } from "../../functions/runtime/instances.ts";
import { silentLog } from "../../functions/runtime/json-log.ts";
import { submitInstances } from "../../functions/submission/submit-instances.ts";
import { defineTask } from "../../functions/tasks/define-task.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { TaskSpec } from "../../shared/task/task.ts";
import type { Figure } from "./figures.ts";

const noisyCount = 50_000;
const quietCount = 10;
const batch = 1_000;
const noisy: TenantContext = { tenant: "noisy", actor: "bench", role: "admin" };
const quiet: TenantContext = { tenant: "quiet", actor: "bench", role: "admin" };
const spec = TaskSpec.parse({ run: { function: { module: "five-ms.mjs" } } });

/** How long ten tasks of one tenant wait while another has 50,000 in line, on one host in this process. */
export async function measureFairness(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-fairness-"));
  try {
    const host = await open(folder);
    try {
      return await measure(host);
    } finally {
      await host.close(1_000);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function open(folder: string): Promise<Host> {
  const bundled = (name: string) => ({
    bundle: true,
    platform: "node" as const,
    format: "esm" as const,
    target: "node20",
    outfile: join(folder, `${name}.mjs`),
    logLevel: "error" as const,
  });
  await build({ entryPoints: ["functions/runner/runner.ts"], ...bundled("runner") });
  const wait = "await new Promise((done) => setTimeout(done, 5))";
  await writeFile(
    join(folder, "five-ms.mjs"),
    `export const handler = async () => { ${wait}; };\n`,
  );
  const parsed = parseHostOptions(["--data", join(folder, "data"), "--no-examples", "--no-canary"]);
  if (parsed.outcome !== "options") throw new Error("the options of the benchmark are wrong");
  const paths = {
    functionsRoot: folder,
    runnerPath: join(folder, "runner.mjs"),
    containerPath: resolve("dist/runner/container.mjs"),
  };
  const host = await openHost(parsed.options, paths, silentLog);
  // Nothing here asks for it, but what runs waits until it is known.
  host.listensAt("http://127.0.0.1:9");
  return host;
}

async function measure({ engine }: Host): Promise<readonly Figure[]> {
  for (const tenant of [noisy, quiet]) {
    const defined = await defineTask(engine, tenant, "work", spec);
    if (defined.outcome === "rejected") throw new Error(defined.rejection.detail);
  }
  await slowestStartMs(engine, "warming up");
  const aloneMs = await slowestStartMs(engine, "alone");
  for (let sent = 0; sent < noisyCount; sent += batch) {
    await submitInstances(
      engine,
      noisy,
      Array.from({ length: batch }, () => ({ task: "work" })),
    );
  }
  const besideMs = await slowestStartMs(engine, "beside the noisy tenant");
  return [
    { name: "last of 10 tasks to start, alone", value: aloneMs, unit: "ms" },
    {
      name: "last of 10 tasks to start, beside 50,000 of another tenant",
      value: besideMs,
      unit: "ms",
    },
  ];
}

/** Submits ten tasks of the quiet tenant, and says when the last of them started. */
async function slowestStartMs(engine: Host["engine"], what: string): Promise<number> {
  const submitted = await submitInstances(
    engine,
    quiet,
    Array.from({ length: quietCount }, () => ({ task: "work" })),
  );
  const ids = submitted.flatMap((each) => (each.outcome === "accepted" ? [each.instance.id] : []));
  if (ids.length !== quietCount) throw new Error(`${what}: not all were accepted`);
  const delaysMs: number[] = [];
  for (const id of ids) delaysMs.push(await startDelayMs(engine, quiet.tenant, id));
  return Math.max(...delaysMs);
}

async function startDelayMs(engine: Host["engine"], tenant: string, id: string): Promise<number> {
  for (;;) {
    const instance: Instance | undefined = await loadInstance(engine.store, tenant, id);
    const startedAtMs = instance?.attempts.at(-1)?.startedAtMs;
    if (instance !== undefined && startedAtMs !== undefined) {
      return startedAtMs - instance.createdAtMs;
    }
    await sleep(5);
  }
}
