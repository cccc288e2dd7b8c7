import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { openLocalContainers } from "../../../functions/adapters/local/container/open-local-containers.ts";
import { createApi } from "../../../functions/api/app.ts";
import { silentLog } from "../../../functions/runtime/json-log.ts";
import { bundle } from "../../executor/local-yard.ts";
import { describeBackend } from "./backend-contract.ts";
import type { BackendHarness, BackendWorld } from "./backend-harness.ts";
import { writeBehaviours } from "./behaviour-module.ts";

/** The containers of one machine: real processes that fetch their order and report over HTTP. */
async function openContainers(world: BackendWorld): Promise<BackendHarness> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-containers-"));
  const functionsRoot = join(folder, "functions");
  await mkdir(functionsRoot);
  const containerPath = await bundle(
    "functions/runner/container.ts",
    join(folder, "container.mjs"),
  );
  await bundle("functions/runner/runner.ts", join(folder, "runner.mjs"));
  const code = await writeBehaviours(functionsRoot, folder);
  const server = createAdaptorServer({ fetch: apiOf(world).fetch });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const ends = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, () => void>();
  const containers = openLocalContainers({
    functionsRoot,
    containerPath,
    packagesFolder: join(folder, "packages"),
    log: silentLog,
    report(reports) {
      const recorded = world.record(reports);
      for (const { attemptId } of reports) {
        ends.set(attemptId, recorded);
        waiting.get(attemptId)?.();
      }
    },
  });
  containers.listensAt(`http://127.0.0.1:${port}`);

  /** Its exit is the last that is heard of a container; what the runner reported came before. */
  async function ended(attemptId: string): Promise<void> {
    if (!ends.has(attemptId)) {
      await new Promise<void>((resolve) => waiting.set(attemptId, resolve));
    }
    await ends.get(attemptId);
  }

  return {
    backend: containers,
    // Its processes are started by a call within this one.
    faults: {},
    taskFor: (behaviour) => ({
      run: { function: code.target(behaviour) },
      ...(behaviour === "memory" ? { needs: { memoryMb: 512 } } : {}),
      ...(behaviour === "timeout" ? { timeoutSeconds: 1 } : {}),
    }),
    finish: ({ attemptId }) => ended(attemptId),
    begun: ({ attemptId }) => code.begun(attemptId),
    stopped: ({ attemptId }) => ended(attemptId),
    runsOf: async ({ attemptId }) => code.runsOf(attemptId),
    async close() {
      await containers.close();
      server.close();
      await once(server, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function apiOf({ engine, tenant }: BackendWorld) {
  return createApi({
    engine,
    authenticate: () => ({ tenant, actor: "container", role: "worker" }),
    health: async () => ({ store: { state: "ok" } }),
  });
}

describeBackend(
  "the containers of one machine",
  { startIsIdempotent: true, stops: true, sees: true, faults: [] },
  openContainers,
);
