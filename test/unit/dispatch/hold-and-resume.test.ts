import { describe, expect, it } from "vitest";
import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import { lookAtInstance } from "../../../functions/dispatch/look-at-instance.ts";
import { openDefinitions } from "../../../functions/runtime/definitions.ts";
import type { RunningEngine } from "../../../functions/runtime/engine.ts";
import { openGateSource } from "../../../functions/runtime/gate-source.ts";
import { loadInstance } from "../../../functions/runtime/instances.ts";
import { silentLog } from "../../../functions/runtime/json-log.ts";
import { openIds } from "../../../functions/runtime/system-ports.ts";
import { submitInstances } from "../../../functions/submission/submit-instances.ts";
import { defineTask } from "../../../functions/tasks/define-task.ts";
import { pauseTask, resumeTask } from "../../../functions/tasks/pause-task.ts";
import type { Change, Store } from "../../../shared/ports/store.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import { backendFacts } from "../../fixtures/backend-facts.ts";
import { fixedRouting } from "../../fixtures/fixed-routing.ts";

const admin = { tenant: "acme", actor: "test", role: "admin" } as const;

/** A store that does something else just before an instance is written. */
function beforeInstanceWrite(store: Store, action: () => Promise<void>): Store {
  return {
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    query: (query) => store.query(query),
    changes: (from, limit) => store.changes(from, limit),
    write: async (changes: readonly Change[]) => {
      if (changes.some((change) => change.kind === "put" && change.record.type === "instance"))
        await action();
      return store.write(changes);
    },
  };
}

function engineOver(store: Store): RunningEngine {
  return {
    store,
    clock: { now: () => 1_795_000_000_000 },
    random: { next: () => 0.5 },
    ids: openIds(),
    log: silentLog,
    hints: { send: async () => undefined },
    definitions: openDefinitions(store),
    gates: openGateSource({ store, clock: { now: () => 1_795_000_000_000 } }),
    routing: fixedRouting([
      backendFacts({
        name: "nowhere",
        type: "serverless",
        targets: ["function"],
        timeoutSecondsMax: 900,
        memoryMbMax: 1_024,
        inputBytesMax: 1_000,
        startIsIdempotent: true,
        reportsStart: true,
      }),
    ]),
    backends: new Map(),
  };
}

/** A due instance of a task that was paused before it came. */
async function submittedWhilePaused() {
  const store = openMemoryStore();
  const engine = engineOver(store);
  const spec = TaskSpec.parse({ run: { function: { module: "a.mjs" } } });
  await defineTask(engine, admin, "job", spec);
  await pauseTask(engine, admin, "job", undefined);
  const [submitted] = await submitInstances(engine, admin, [{ task: "job" }]);
  if (submitted?.outcome !== "accepted") throw new Error("the submission was refused");
  const { id } = submitted.instance;
  return { store, engine, id, stored: () => loadInstance(store, "acme", id) };
}

describe("an instance of a paused task", () => {
  it("is held until the task is resumed", async () => {
    const { engine, id, stored } = await submittedWhilePaused();
    await lookAtInstance(engine, "acme", id);
    expect(await stored()).toMatchObject({ state: "pending", waiting: "paused" });
  });

  it("is not left behind when the task is resumed while it is being held", async () => {
    const { store, engine, id, stored } = await submittedWhilePaused();
    let resumed = false;
    const racing = beforeInstanceWrite(store, async () => {
      if (resumed) return;
      resumed = true;
      await resumeTask(engine, admin, "job", undefined);
    });
    await lookAtInstance(engineOver(racing), "acme", id);
    expect(resumed).toBe(true);
    const found = await stored();
    expect(found?.history.map(({ command }) => command)).toContain("claim");
    expect(found?.waiting).not.toBe("paused");
  });
});
