import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SwitchyardError } from "../../client/sdk/switchyard-error.ts";
import { type OrderEnd, runWorkOrder } from "../../functions/runner/order-run.ts";
import { type Machine, openMachine } from "../../functions/runner/orders/machine.ts";
import type { Beat, OrderClient } from "../../functions/runner/orders/order-client.ts";
import { openIds } from "../../functions/runtime/system-ports.ts";
import { invocationEnvelope } from "../../shared/contract/envelope.ts";
import type {
  CompleteAnswer,
  CompleteRequest,
  HeartbeatAnswer,
  WorkOrder,
} from "../../shared/contract/http/work.ts";
import type { JsonValue } from "../../shared/core/json.ts";
import { bundle } from "../executor/local-yard.ts";

/** A control plane in memory: what it was told, and what it answers. */
export class MemoryPlane implements OrderClient {
  readonly beats: Beat[] = [];
  readonly completions: CompleteRequest[] = [];
  /** Answers of the next calls, before the usual ones; a text makes a call fail with this code. */
  readonly nextBeats: (HeartbeatAnswer | SwitchyardError)[] = [];
  readonly nextCompletions: (CompleteAnswer["result"] | SwitchyardError)[] = [];
  readonly #listeners = new Set<() => void>();

  async heartbeat(_attemptId: string, beat: Beat): Promise<HeartbeatAnswer> {
    this.beats.push(beat);
    for (const look of this.#listeners) look();
    const answer = this.nextBeats.shift() ?? { verdict: "continue" };
    if (answer instanceof SwitchyardError) throw answer;
    return answer;
  }

  async complete(_attemptId: string, request: CompleteRequest): Promise<CompleteAnswer> {
    this.completions.push(request);
    const answer = this.nextCompletions.shift() ?? "recorded";
    if (answer instanceof SwitchyardError) throw answer;
    return { result: answer, state: "succeeded" };
  }

  clockAheadMs(): number {
    return 0;
  }

  /** Waits until a sign of life came that fits, past or future. */
  beaten(matches: (beat: Beat) => boolean = () => true): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.beats.some(matches)) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }
}

export function callError(status: number, retryable: boolean): SwitchyardError {
  const detail = `status ${status} of the test`;
  return new SwitchyardError({ code: "test", status, detail, retryable, notApplied: false });
}

export interface WorkYard {
  readonly plane: MemoryPlane;
  readonly machine: Machine;
  readonly folder: string;
  readonly leaving: AbortController;
  readonly gone: AbortController;
  order(run: WorkOrder["run"], more?: OrderFacts): WorkOrder;
  run(order: WorkOrder): Promise<OrderEnd>;
  close(): Promise<void>;
}

export interface OrderFacts extends Partial<WorkOrder> {
  readonly input?: JsonValue;
}

const longMs = 30_000;

/** A machine with real processes, and a control plane in memory. */
export async function openWorkYard(
  modules: Readonly<Record<string, string>>,
  options: { readonly allowCommands?: boolean; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<WorkYard> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-work-"));
  const functionsRoot = join(folder, "functions");
  await mkdir(functionsRoot);
  for (const [name, code] of Object.entries(modules)) {
    await writeFile(join(functionsRoot, name), code);
  }
  await copyFile("functions/runner/runtimes/python_client.py", join(folder, "python_client.py"));
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const machine = openMachine({
    functionsRoot,
    runnerPath: await bundle("functions/runner/runner.ts", join(folder, "runner.mjs")),
    packagesFolder: join(folder, "packages"),
    slots: 4,
    allowCommands: options.allowCommands ?? false,
    abortGraceMs: 1_000,
    env: options.env ?? process.env,
    log,
  });
  const plane = new MemoryPlane();
  const leaving = new AbortController();
  const gone = new AbortController();
  return {
    plane,
    machine,
    folder,
    leaving,
    gone,
    order: orderFor,
    run: (order) =>
      runWorkOrder(order, {
        client: plane,
        machine,
        log,
        leaving: leaving.signal,
        gone: gone.signal,
      }),
    close: async () => {
      await machine.close(0);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const ids = openIds();

function orderFor(run: WorkOrder["run"], { input, ...more }: OrderFacts = {}): WorkOrder {
  const instanceId = ids.newId("ins", Date.now());
  const attemptId = ids.newId("att", Date.now());
  const timeoutMs = more.timeoutMs ?? longMs;
  const deadlineAtMs = Date.now() + timeoutMs;
  const who = { tenant: "acme", instanceId, attemptId, attempt: 1, task: "job", taskVersion: 2 };
  return {
    instanceId,
    attemptId,
    attempt: 1,
    token: "the-token",
    task: "job",
    taskVersion: 2,
    run,
    envelope: invocationEnvelope({ ...who, input, timeoutMs, deadlineAtMs }),
    timeoutMs,
    deadlineAt: new Date(deadlineAtMs).toISOString(),
    leaseSeconds: 1,
    ...more,
  };
}
