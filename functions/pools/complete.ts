import type { CompleteAnswer, CompleteRequest } from "../../shared/contract/http/work.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { outputIdOf } from "../../shared/core/payload-ref.ts";
import { utf8Bytes } from "../../shared/core/texts.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import { recordReports } from "../reports/record-reports.ts";
import type { Engine } from "../runtime/engine.ts";
import { instanceNotFound } from "../runtime/result.ts";
import { contended } from "./pool-records.ts";

/** Records how an attempt ended; the same again changes nothing, and what comes too late neither. */
export async function completeAttempt(
  engine: Engine,
  tenant: string,
  attemptId: string,
  request: CompleteRequest,
): Promise<CompleteAnswer> {
  const { instanceId } = request;
  const report = await reportOf(engine.payloads, tenant, attemptId, request);
  const [recorded] = await recordReports(engine, [report]);
  const result = recorded?.result;
  switch (result?.outcome) {
    case "changed":
      return { result: "recorded", state: result.instance.state };
    case "unchanged":
      return { result: "repeated", state: result.instance.state };
    case "rejected": {
      const { instance } = result;
      const repeated = isRecorded(instance, attemptId, report);
      return { result: repeated ? "repeated" : "stale", state: instance.state };
    }
    case "missing":
      throw new RejectionError(instanceNotFound(instanceId));
    case "error":
      throw result.error;
    default:
      throw new RejectionError(contended(`the instance ${instanceId}`));
  }
}

type EndReport = Extract<AttemptReport, { kind: "succeeded" | "failed" }>;

/** What the record says of this attempt is what the report says, so it was heard before. */
function isRecorded(instance: Instance, attemptId: string, report: EndReport): boolean {
  const attempt = instance.attempts.find(({ id }) => id === attemptId);
  if (attempt?.outcome === undefined || attempt.token !== report.token) return false;
  if (report.kind === "succeeded") return attempt.outcome === "succeeded";
  const said = report.error.class;
  const kept = attempt.error?.class;
  return kept === said || (said === "timeout" && kept === "outgrown");
}

async function reportOf(
  payloads: Payloads | undefined,
  tenant: string,
  attemptId: string,
  request: CompleteRequest,
): Promise<EndReport> {
  const { instanceId, token, usage, startedAt, log } = request;
  const from = {
    tenant,
    instanceId,
    attemptId,
    token,
    ...(usage === undefined ? {} : { usage: measured(usage) }),
    ...(startedAt === undefined ? {} : { startedAtMs: Date.parse(startedAt) }),
    ...(log === undefined ? {} : { log }),
  };
  if (request.outcome === "failed") {
    const { name, stack, retryable, ...error } = request.error;
    return {
      ...from,
      kind: "failed",
      error: {
        ...error,
        ...(name === undefined ? {} : { name }),
        ...(stack === undefined ? {} : { stack }),
        ...(retryable === undefined ? {} : { retryable }),
      },
    };
  }
  const { output, outputRef } = request;
  if (outputRef !== undefined) {
    refuseBoth(output);
    await refuseMissing(payloads, tenant, attemptId, outputRef.bytes);
    return { ...from, kind: "succeeded", outputRef: { id: outputIdOf(attemptId), ...outputRef } };
  }
  const bytes = output === undefined ? 0 : utf8Bytes(JSON.stringify(output));
  if (bytes > limits.outputBytesMax) {
    const message = `the output has ${bytes} bytes, at most ${limits.outputBytesMax} are possible`;
    return { ...from, kind: "failed", error: { class: "invalid_output", message } };
  }
  return { ...from, kind: "succeeded", ...(output === undefined ? {} : { output }) };
}

function measured({ durationMs, memoryMbPeak, cpuMs }: NonNullable<CompleteRequest["usage"]>) {
  return {
    durationMs,
    ...(memoryMbPeak === undefined ? {} : { memoryMbPeak }),
    ...(cpuMs === undefined ? {} : { cpuMs }),
  };
}

function refuseBoth(output: unknown): void {
  if (output === undefined) return;
  throw new RejectionError({
    code: "invalid_field",
    detail: "output and outputRef are both given",
    pointer: "/outputRef",
    suggestion: "give one of them",
  });
}

/** An attempt must not end with a reference that leads nowhere. */
async function refuseMissing(
  payloads: Payloads | undefined,
  tenant: string,
  attemptId: string,
  bytes: number,
): Promise<void> {
  const found = await payloads?.find(tenant, outputIdOf(attemptId));
  if (found?.bytes === bytes) return;
  const detail =
    found === undefined
      ? "no output of this attempt was uploaded"
      : `the uploaded output has ${found.bytes} bytes, not ${bytes}`;
  throw new RejectionError({
    code: "payload_not_found",
    detail,
    pointer: "/outputRef",
    suggestion: "upload it to the order's address for outputs first, then complete again",
  });
}
