import { utf8Bytes } from "../core/texts.ts";
import type { Instance } from "./instance.ts";

/** The size of an instance's input as JSON, wherever it is kept. */
export function inputBytesOf({ input, inputRef }: Pick<Instance, "input" | "inputRef">): number {
  if (inputRef !== undefined) return inputRef.bytes;
  return input === undefined ? 0 : utf8Bytes(JSON.stringify(input));
}
