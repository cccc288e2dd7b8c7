import { Buffer } from "node:buffer";
import { outputMarkerOf } from "../../../shared/contract/envelope-form.ts";
import type { JsonValue } from "../../../shared/core/json.ts";
import { limits } from "../../../shared/core/limits.ts";
import { putAway } from "../payload-transfer.ts";
import { type AttemptEnd, failedEnd } from "./attempt-end.ts";

/** How large an output may be, given the place for large ones, where there is one. */
export function outputBytesMaxOf(url: string | undefined): number {
  return url === undefined ? limits.outputBytesMax : limits.payloadBytesMax;
}

/** The end of an attempt whose output is too large. */
export function tooLarge(bytes: number | string, bytesMax: number): AttemptEnd {
  return failedEnd("invalid_output", `the output is ${bytes} bytes; at most ${bytesMax} are kept`);
}

/** The end of an attempt that left this text as its output. Large ones go to the URL, as they are. */
export async function outputEnd(
  text: string,
  url: string | undefined,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  let output: JsonValue;
  try {
    output = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failedEnd("invalid_output", `what it wrote as output is not JSON: ${why}`);
  }
  if (url === undefined) return { outcome: "succeeded", output };
  // The code may have put its output away by itself.
  const put = outputMarkerOf(output)?.switchyard_output;
  if (put !== undefined) return { outcome: "succeeded", outputRef: put };
  if (Buffer.byteLength(text) <= limits.outputBytesMax) return { outcome: "succeeded", output };
  return { outcome: "succeeded", outputRef: await putAway(url, text, signal) };
}
