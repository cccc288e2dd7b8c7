import type { AttemptError } from "../../shared/instance/instance.ts";
import { firstBytes } from "./bounded-log.ts";

const nameCharsMax = 128;
const stackBytesMax = 4 * 1024;

/** What a task threw, as the report says it; thrown values of any kind, even hostile ones, are taken. */
export function thrownError(thrown: unknown, messageBytesMax: number): AttemptError {
  try {
    return describe(thrown, messageBytesMax);
  } catch {
    // A getter or proxy of the thrown value threw in turn: that it failed is all that can be said.
    return { class: "error", message: "the task threw a value that cannot be read" };
  }
}

function describe(thrown: unknown, messageBytesMax: number): AttemptError {
  if (typeof thrown !== "object" || thrown === null) {
    return { class: "error", message: cut(String(thrown), messageBytesMax) };
  }
  const { name, message, stack, cause, retryable }: Record<string, unknown> = {
    name: "name" in thrown ? thrown.name : undefined,
    message: "message" in thrown ? thrown.message : undefined,
    stack: "stack" in thrown ? thrown.stack : undefined,
    cause: "cause" in thrown ? thrown.cause : undefined,
    retryable: "retryable" in thrown ? thrown.retryable : undefined,
  };
  const text = typeof message === "string" ? message : asJson(thrown);
  return {
    class: "error",
    message: cut(text + causeText(cause), messageBytesMax) || "no message",
    ...(typeof name === "string" && name !== "" ? { name: name.slice(0, nameCharsMax) } : {}),
    ...(typeof stack === "string" ? { stack: cut(stack, stackBytesMax) } : {}),
    ...(retryable === false ? { retryable } : {}),
  };
}

/** The cause often says what the message does not: "fetch failed" alone helps nobody. */
function causeText(cause: unknown): string {
  if (cause === undefined || cause === null) return "";
  if (typeof cause !== "object") return ` (cause: ${String(cause)})`;
  const message = "message" in cause ? String(cause.message) : "";
  const code = "code" in cause ? String(cause.code) : "";
  const text = message === "" ? code : message;
  return text === "" ? "" : ` (cause: ${text})`;
}

function asJson(thrown: object): string {
  try {
    return JSON.stringify(thrown) ?? Object.prototype.toString.call(thrown);
  } catch {
    // Not every object is JSON; its kind is better than nothing.
    return Object.prototype.toString.call(thrown);
  }
}

function cut(text: string, bytesMax: number): string {
  const first = firstBytes(text, bytesMax);
  return first.length === text.length ? text : `${firstBytes(text, bytesMax - 3)}…`;
}
