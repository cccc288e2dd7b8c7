import { InvokeCommand, type InvokeCommandOutput } from "@aws-sdk/client-lambda";
import { TerminalError } from "../../../../shared/core/errors.ts";
import type { JsonValue } from "../../../../shared/core/json.ts";
import { limits } from "../../../../shared/core/limits.ts";
import type { FunctionVersion } from "../../../../shared/function/function.ts";
import { lambdaAliasOf, lambdaNameOf } from "../../../../shared/function/lambda-name.ts";
import type { InvokeOutcome } from "../../../../shared/ports/function-platform.ts";
import { awsFaultOf, messageOf, nameOf } from "../aws-call.ts";
import type { LambdaPlatformOptions } from "./lambda-control.ts";

/**
 * Calls a version and waits. A failure of the function comes with status 200, so `FunctionError`
 * decides; the end of the log comes only because it is asked for, and only its last 4 KB.
 */
export async function invokeAndWait(
  { client }: Pick<LambdaPlatformOptions, "client">,
  { tenant, name, digest }: FunctionVersion,
  event: JsonValue,
): Promise<InvokeOutcome> {
  const command = new InvokeCommand({
    FunctionName: lambdaNameOf(tenant, name),
    Qualifier: lambdaAliasOf(digest),
    InvocationType: "RequestResponse",
    LogType: "Tail",
    Payload: JSON.stringify(event),
  });
  let answer: InvokeCommandOutput;
  try {
    const options = { requestTimeout: limits.tryOutMsMax };
    answer = await client.send(command, options);
  } catch (error) {
    return notCalled(error);
  }
  const log = logOf(answer);
  const payload = textOf(answer.Payload);
  if (answer.FunctionError !== undefined) {
    return { outcome: "failed", error: errorText(payload), ...log };
  }
  // A function that returns nothing answers with nothing.
  return { outcome: "returned", output: payload === "" ? null : parsed(payload), ...log };
}

/** Tried once only: nobody knows whether a call without an answer was carried out. */
function notCalled(error: unknown): InvokeOutcome {
  const fault = awsFaultOf(error);
  if (fault.kind === "bug") throw error;
  const text = `${nameOf(error)}: ${messageOf(error)}`;
  if (nameOf(error) === "AccessDeniedException") {
    throw new TerminalError(`lambda:InvokeFunction was refused: ${text}`, { cause: error });
  }
  const late = nameOf(error) === "TimeoutError";
  return {
    outcome: "failed",
    error: late
      ? `no answer within ${limits.tryOutMsMax / 1_000} s; longer work belongs into a task`
      : `Lambda could not call it: ${text}`,
  };
}

function textOf(payload: Uint8Array | undefined): string {
  return payload === undefined ? "" : Buffer.from(payload).toString("utf8");
}

/** Lambda answers JSON, unless a response was cut off. */
function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function errorText(payload: string): string {
  const value = parsed(payload);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return payload;
  const { errorType, errorMessage } = value as { errorType?: unknown; errorMessage?: unknown };
  const parts = [errorType, errorMessage].filter((part) => typeof part === "string");
  return parts.length === 0 ? payload : parts.join(": ");
}

function logOf({ LogResult }: InvokeCommandOutput): { readonly log?: string } {
  return LogResult === undefined ? {} : { log: Buffer.from(LogResult, "base64").toString("utf8") };
}
