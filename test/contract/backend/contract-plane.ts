import type * as z from "zod";
import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import { lookAtInstance } from "../../../functions/dispatch/look-at-instance.ts";
import { type RecordedReport, recordReports } from "../../../functions/reports/record-reports.ts";
import { orderFor } from "../../../functions/runtime/attempt-order.ts";
import { openDefinitions } from "../../../functions/runtime/definitions.ts";
import type { RunningEngine } from "../../../functions/runtime/engine.ts";
import { openGateSource } from "../../../functions/runtime/gate-source.ts";
import { definitionOf, loadInstance } from "../../../functions/runtime/instances.ts";
import { silentLog } from "../../../functions/runtime/json-log.ts";
import { openIds, systemClock, systemRandom } from "../../../functions/runtime/system-ports.ts";
import { submitInstances } from "../../../functions/submission/submit-instances.ts";
import { defineTask } from "../../../functions/tasks/define-task.ts";
import { type Attempt, type Instance, liveAttempt } from "../../../shared/instance/instance.ts";
import type {
  AttemptOrder,
  AttemptReport,
  Backend,
  BackendCapabilities,
} from "../../../shared/ports/backend.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import { fixedRouting } from "../../fixtures/fixed-routing.ts";
import type { BackendHarness, OpenHarness } from "./backend-harness.ts";

const admin = { tenant: "acme", actor: "contract", role: "admin" } as const;

/** A control plane with one backend: the real use cases over a store in memory. */
export interface ContractPlane {
  readonly harness: BackendHarness;
  readonly capabilities: BackendCapabilities;
  /** Everything that was ever reported, in order. */
  readonly reported: AttemptReport[];
  /** A new instance whose first attempt is claimed and not started. */
  claimed(spec: z.input<typeof TaskSpec>): Promise<Claimed>;
  /** What the dispatcher does at a hint. */
  dispatch(id: string): Promise<void>;
  record(reports: readonly AttemptReport[]): Promise<readonly RecordedReport[]>;
  instance(id: string): Promise<Instance>;
  close(): Promise<void>;
}

export interface Claimed {
  readonly id: string;
  readonly attempt: Attempt;
  readonly order: AttemptOrder;
}

export async function openContractPlane(open: OpenHarness): Promise<ContractPlane> {
  const store = openMemoryStore();
  const reported: AttemptReport[] = [];
  const backends = new Map<string, Backend>();
  const facts: BackendCapabilities[] = [];
  const engine: RunningEngine & { pools?: Backend } = {
    store,
    clock: systemClock,
    random: systemRandom,
    ids: openIds(),
    log: silentLog,
    hints: { send: async () => undefined },
    definitions: openDefinitions(store),
    routing: fixedRouting(facts),
    gates: openGateSource({ store, clock: systemClock }),
    backends,
  };
  const record = async (reports: readonly AttemptReport[]) => {
    reported.push(...reports);
    return recordReports(engine, reports);
  };
  const harness = await open({ engine, tenant: admin.tenant, record, reported });
  const capabilities = harness.facts ?? harness.backend.capabilities;
  facts.push(capabilities);
  backends.set(capabilities.name, harness.backend);
  if (capabilities.pull === true) engine.pools = harness.backend;
  let tasks = 0;
  async function instance(id: string): Promise<Instance> {
    const found = await loadInstance(store, admin.tenant, id);
    if (found === undefined) throw new Error(`no instance ${id}`);
    return found;
  }
  return {
    harness,
    capabilities,
    reported,
    record,
    instance,
    async claimed(spec) {
      const task = `job-${tasks++}`;
      await defineTask(engine, admin, task, TaskSpec.parse(spec));
      const [submitted] = await submitInstances(engine, admin, [{ task }]);
      if (submitted?.outcome !== "accepted") throw new Error(JSON.stringify(submitted));
      const { id } = submitted.instance;
      const attempt = liveAttempt(submitted.instance);
      if (attempt === undefined) throw new Error(JSON.stringify(submitted.instance));
      const definition = await definitionOf(engine, submitted.instance);
      const nowMs = engine.clock.now();
      const order = orderFor(submitted.instance, attempt, definition, capabilities, nowMs);
      return { id, attempt, order };
    },
    dispatch: (id) => lookAtInstance(engine, admin.tenant, id),
    close: () => harness.close(),
  };
}
