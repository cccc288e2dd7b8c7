import {
  type InvocationEnvelope,
  invocationEnvelope,
} from "../../../../shared/contract/envelope.ts";
import { isInvocationEnvelope } from "../../../../shared/contract/envelope-form.ts";
import type { PackageOrder, WorkOrder } from "../../../../shared/contract/http/work.ts";
import type { JsonValue } from "../../../../shared/core/json.ts";
import { limits } from "../../../../shared/core/limits.ts";
import type { FunctionVersion } from "../../../../shared/function/function.ts";
import type { InvokeOutcome } from "../../../../shared/ports/function-platform.ts";
import type { Log } from "../../../../shared/ports/log.ts";
import { type Machine, openMachine } from "../../../runner/orders/machine.ts";
import { openIds } from "../../../runtime/system-ports.ts";

export interface TryOutOptions {
  /** Packages are unpacked below it, in a folder per tenant and function. */
  readonly folder: string;
  readonly runnerPath: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

export interface TryOut {
  run(
    version: FunctionVersion,
    packagesFolder: string,
    order: PackageOrder,
    event: JsonValue,
  ): Promise<InvokeOutcome>;
  close(): Promise<void>;
}

const closeGraceMs = 1_000;

/** Calls deployed functions by hand, in processes apart from those of attempts. */
export function openTryOut(options: TryOutOptions): TryOut {
  const machines = new Map<string, Machine>();
  const ids = openIds();
  const machineFor = (packagesFolder: string): Machine => {
    const known = machines.get(packagesFolder);
    if (known !== undefined) return known;
    const machine = openMachine({
      functionsRoot: options.folder,
      runnerPath: options.runnerPath,
      packagesFolder,
      slots: 1,
      allowCommands: false,
      abortGraceMs: 0,
      env: options.env,
      log: options.log,
    });
    machines.set(packagesFolder, machine);
    return machine;
  };
  return {
    async run(version, packagesFolder, order, event) {
      const nowMs = Date.now();
      const timeoutMs = Math.min(version.spec.timeoutSeconds * 1_000, limits.tryOutMsMax);
      const envelope = isInvocationEnvelope(event)
        ? event
        : invocationEnvelope({
            tenant: version.tenant,
            instanceId: ids.newId("ins", nowMs),
            attemptId: ids.newId("att", nowMs),
            attempt: 1,
            task: version.name,
            taskVersion: 1,
            input: event,
            timeoutMs,
            deadlineAtMs: nowMs + timeoutMs,
          });
      const work = workOrder(version, order, envelope, ids.newToken(), timeoutMs);
      const end = await machineFor(packagesFolder).run(
        work,
        nowMs + timeoutMs,
        () => undefined,
        new AbortController().signal,
      );
      if (end.outcome === "aborted") return { outcome: "failed", error: "it was stopped" };
      const log = end.log === undefined ? {} : { log: end.log };
      if (end.outcome === "succeeded") {
        return { outcome: "returned", output: end.output ?? null, ...log };
      }
      const { name, message } = end.error;
      const error = name === undefined ? message : `${name}: ${message}`;
      return { outcome: "failed", error, ...log };
    },
    async close() {
      await Promise.all([...machines.values()].map((machine) => machine.close(closeGraceMs)));
    },
  };
}

function workOrder(
  { name, digest, spec }: FunctionVersion,
  order: PackageOrder,
  envelope: InvocationEnvelope,
  token: string,
  timeoutMs: number,
): WorkOrder {
  return {
    instanceId: envelope.instance.id,
    attemptId: envelope.attempt.id,
    attempt: 1,
    token,
    task: name,
    taskVersion: 1,
    run: { package: { function: name, digest } },
    package: order,
    memoryMb: spec.memoryMb,
    envelope,
    timeoutMs,
    deadlineAt: envelope.deadline,
    leaseSeconds: limits.leaseSecondsDefault,
  };
}
