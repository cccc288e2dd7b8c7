import { instanceToSummary } from "../../../shared/contract/http/instance-to-view.ts";
import type { InstanceView } from "../../../shared/contract/http/views.ts";
import { limits } from "../../../shared/core/limits.ts";
import { utf8Bytes } from "../../../shared/core/texts.ts";
import type { Instance } from "../../../shared/instance/instance.ts";

/**
 * The views of many instances, with outputs and errors first: inputs come along as long as all
 * payloads together stay within bounds, and what is left out is named in each view.
 */
export function viewsWithinBytes(
  instances: readonly (Instance | undefined)[],
  bytesMax: number = limits.answerPayloadBytesMax,
): readonly (InstanceView | null)[] {
  let bytesLeft = bytesMax;
  const fits = (payload: unknown): boolean => {
    if (payload === undefined) return true;
    const bytes = utf8Bytes(JSON.stringify(payload));
    if (bytes > bytesLeft) return false;
    bytesLeft -= bytes;
    return true;
  };
  const outputs = instances.map((instance) => fits(instance?.output));
  return instances.map((instance, place) => {
    if (instance === undefined) return null;
    return instanceToSummary(instance, [
      ...(outputs[place] === true ? [] : (["output"] as const)),
      ...(fits(instance.input) ? [] : (["input"] as const)),
      ...(fits(instance.config) ? [] : (["config"] as const)),
    ]);
  });
}
