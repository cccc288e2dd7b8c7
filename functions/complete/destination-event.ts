import * as z from "zod";
import { outputMarkerOf } from "../../shared/contract/envelope-form.ts";
import { AttemptCredential } from "../../shared/contract/messages.ts";
import { limits } from "../../shared/core/limits.ts";
import { outputIdOf } from "../../shared/core/payload-ref.ts";
import { utf8Bytes } from "../../shared/core/texts.ts";
import type { AttemptError } from "../../shared/instance/instance.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import { lambdaError } from "../reports/lambda-error.ts";
import { type MessageReading, parsedJson } from "../runtime/lambda/sqs-batch.ts";

/**
 * What Lambda sends to a destination after an asynchronous invocation.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
const DestinationRecord = z.object({
  requestContext: z.object({
    /** The invocation's own id: by it the function's log is found. */
    requestId: z.string().min(1).max(128),
    /** Success, RetriesExhausted or EventAgeExceeded. */
    condition: z.string(),
  }),
  requestPayload: z.unknown(),
  /** Absent when the function never ran. */
  responseContext: z
    .object({ statusCode: z.number().optional(), functionError: z.string().nullish() })
    .nullish(),
  responsePayload: z.json().optional(),
});
type DestinationRecord = z.infer<typeof DestinationRecord>;

/**
 * What a message of the completion queue says about an attempt. Ignored when the invocation was
 * none of our attempts: somebody called the function directly.
 */
export function readDestination(body: string): MessageReading<AttemptReport> {
  const json = parsedJson(body);
  if (json === undefined) return { outcome: "unreadable", reason: "it is not JSON" };
  const parsed = DestinationRecord.safeParse(json);
  if (!parsed.success) return { outcome: "unreadable", reason: z.prettifyError(parsed.error) };
  const record = parsed.data;
  const credential = AttemptCredential.safeParse(record.requestPayload);
  if (!credential.success) return { outcome: "ignored" };
  const { instance, attempt, attempt_token: token } = credential.data;
  const from = {
    tenant: instance.tenant,
    instanceId: instance.id,
    attemptId: attempt.id,
    token,
    externalId: record.requestContext.requestId,
  };
  const error = errorOf(record);
  if (error !== undefined) {
    return { outcome: "read", value: { ...from, kind: "failed", error } };
  }
  // A function that returns nothing answers null, and nothing tells the two apart.
  const output = record.responsePayload ?? undefined;
  // Without a place for it in the event, what looks like a marker is an output like any other.
  const put = credential.data.outputs_url === undefined ? undefined : outputMarkerOf(output);
  if (put !== undefined) {
    const outputRef = { id: outputIdOf(attempt.id), ...put.switchyard_output };
    return { outcome: "read", value: { ...from, kind: "succeeded", outputRef } };
  }
  return {
    outcome: "read",
    value: { ...from, kind: "succeeded", ...(output === undefined ? {} : { output }) },
  };
}

function errorOf(record: DestinationRecord): AttemptError | undefined {
  const { requestContext, responseContext, responsePayload } = record;
  switch (requestContext.condition) {
    case "Success":
      return tooLarge(responsePayload);
    case "EventAgeExceeded":
      return {
        class: "throttled",
        message: "Lambda could not run it within the event's maximum age: too little concurrency",
      };
    default:
      return lambdaError(responseContext ?? undefined, responsePayload);
  }
}

function tooLarge(output: z.infer<typeof DestinationRecord>["responsePayload"]) {
  const bytes = output === undefined ? 0 : utf8Bytes(JSON.stringify(output));
  if (bytes <= limits.outputBytesMax) return undefined;
  return {
    class: "invalid_output",
    message: `the output has ${bytes} bytes, at most ${limits.outputBytesMax} are possible`,
  } as const satisfies AttemptError;
}
