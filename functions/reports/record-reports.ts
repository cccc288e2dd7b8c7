import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { truncateUtf8 } from "../../shared/core/texts.ts";
import type { InstanceCommand } from "../../shared/instance/commands.ts";
import { type AttemptError, type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { Change } from "../../shared/ports/store.ts";
import { hintNextWaiters } from "../gates/next-waiters.ts";
import type { RecordingEngine } from "../runtime/engine.ts";
import { type Applied, applyCommand } from "../runtime/instances.ts";
import { hintFor } from "../runtime/wake-hints.ts";
import { dropUnusedOutput, withOutputInPlace } from "./check-output.ts";

export interface RecordedReport {
  readonly report: AttemptReport;
  /** What became of it; `error` means that it should be delivered again. */
  readonly result: Applied | { readonly outcome: "error"; readonly error: unknown };
}

/**
 * Records what attempts say of themselves: the one completion path of all backends. A report of an
 * attempt that no longer counts changes nothing; a report that could not be saved is returned as an
 * error, for its carrier to deliver again.
 */
export async function recordReports(
  engine: RecordingEngine,
  reports: readonly AttemptReport[],
): Promise<readonly RecordedReport[]> {
  const hints: Hint[] = [];
  const freed = new Map<string, string[]>();
  const recorded = await Promise.all(
    reports.map(async (report): Promise<RecordedReport> => {
      try {
        const result = await recordReport(engine, await withOutputInPlace(engine, report));
        if (result.outcome === "changed") {
          const hint =
            result.instance.state === "pending"
              ? hintFor(result.instance, engine.clock.now())
              : undefined;
          if (hint !== undefined) hints.push(hint);
          noteFreed(freed, report.tenant, result.freed);
        } else if (result.outcome !== "unchanged") {
          logRefusal(engine, report, result);
          await dropUnusedOutput(engine, report, result);
        }
        return { report, result };
      } catch (error) {
        return { report, result: { outcome: "error", error } };
      }
    }),
  );
  if (hints.length > 0) await engine.hints.send(hints);
  for (const [tenant, gates] of freed) await hintNextWaiters(engine, tenant, gates);
  return recorded;
}

function noteFreed(freed: Map<string, string[]>, tenant: string, gates: readonly string[]): void {
  if (gates.length === 0) return;
  const known = freed.get(tenant);
  if (known === undefined) freed.set(tenant, [...gates]);
  else known.push(...gates);
}

function recordReport(engine: RecordingEngine, report: AttemptReport): Promise<Applied> {
  return applyCommand(
    engine,
    report.tenant,
    report.instanceId,
    (instance) => commandOf(report, tokenOf(engine, report, instance), engine.random.next()),
    logChanges(report),
  );
}

/**
 * A carrier that vouches for its report needs no token: whether it is of the live attempt decides.
 * One that shows a fingerprint must show that of the live attempt's token, and must not speak of
 * another container than the one that has the attempt.
 */
function tokenOf(engine: RecordingEngine, report: AttemptReport, instance: Instance): string {
  if (report.token !== undefined) return report.token;
  const live = liveAttempt(instance);
  if (live === undefined || live.id !== report.attemptId) return "";
  const { tokenFingerprint: shown } = report;
  if (shown === undefined) return live.token;
  const isOther =
    live.externalId?.startsWith("arn:") === true && live.externalId !== nameIn(report);
  return !isOther && shown === engine.ids.fingerprint(live.token) ? live.token : "";
}

function nameIn(report: AttemptReport): string | undefined {
  return report.kind === "heartbeat" ? undefined : report.externalId;
}

function commandOf(report: AttemptReport, token: string, random: number): InstanceCommand {
  const from = { attemptId: report.attemptId, token };
  switch (report.kind) {
    case "started":
      return {
        ...from,
        name: "confirm",
        startedAtMs: report.atMs,
        ...(report.externalId === undefined ? {} : { externalId: report.externalId }),
      };
    case "heartbeat":
      return {
        ...from,
        name: "heartbeat",
        atMs: report.atMs,
        ...(report.progress === undefined ? {} : { progress: report.progress }),
      };
    case "succeeded":
      return {
        ...from,
        name: "succeed",
        ...(report.output === undefined ? {} : { output: report.output }),
        ...(report.outputRef === undefined ? {} : { outputRef: report.outputRef }),
        ...measured(report),
      };
    case "failed":
      return { ...from, name: "fail", error: bounded(report.error), random, ...measured(report) };
  }
}

function measured(report: Extract<AttemptReport, { kind: "succeeded" | "failed" }>) {
  return {
    ...(report.usage === undefined ? {} : { usage: report.usage }),
    ...(report.startedAtMs === undefined ? {} : { startedAtMs: report.startedAtMs }),
    ...(report.externalId === undefined ? {} : { externalId: report.externalId }),
  };
}

function bounded(error: AttemptError): AttemptError {
  return {
    ...error,
    message: truncateUtf8(error.message, limits.errorMessageBytesMax),
    ...(error.name === undefined ? {} : { name: truncateUtf8(error.name, 128) }),
    ...(error.stack === undefined
      ? {}
      : { stack: truncateUtf8(error.stack, limits.errorMessageBytesMax) }),
  };
}

/** The attempt's log is written with its end: both or neither. Attempt ids are unique, so it is new. */
function logChanges(report: AttemptReport): readonly Change[] {
  if (report.kind !== "succeeded" && report.kind !== "failed") return [];
  if (report.log === undefined || report.log === "") return [];
  const { tenant, instanceId, attemptId } = report;
  return [
    {
      kind: "put",
      expect: "absent",
      record: {
        key: keys.log(tenant, instanceId, attemptId),
        type: "log",
        body: { attemptId, text: truncateUtf8(report.log, limits.logBytesMax) },
      },
    },
  ];
}

function logRefusal(engine: RecordingEngine, report: AttemptReport, result: Applied): void {
  // The end of a container is told after the runner in it has reported: that is how it should be.
  const level = report.tokenFingerprint === undefined ? "info" : "debug";
  engine.log[level]("report changed nothing", {
    instanceId: report.instanceId,
    attemptId: report.attemptId,
    kind: report.kind,
    reason: result.outcome === "rejected" ? result.decision.reason : result.outcome,
  });
}
