import { TerminalError, TransientError } from "../../../shared/core/errors.ts";
import { type AwsCall, awsFaultOf, messageOf, nameOf, tryAws } from "./aws-call.ts";

/** What a control plane of AWS said to one request. */
export type Said<Value> =
  | { readonly said: "yes"; readonly value: Value }
  | { readonly said: "missing" }
  /** Something else happened to it at the same time, or is still happening. */
  | { readonly said: "conflict"; readonly reason: string }
  | { readonly said: "no"; readonly reason: string };

/** What a service's errors mean, by their names; all others are faults. */
export type Meanings = Readonly<Record<string, "missing" | "conflict" | "no">>;

/** Asks until there is an answer; refusals that mean something are answers, too. */
export async function askAws<Value>(
  call: AwsCall,
  meanings: Meanings,
  send: () => Promise<Value>,
): Promise<Said<Value>> {
  try {
    return { said: "yes", value: await tryAws(call, send) };
  } catch (error) {
    const name = nameOf(error);
    const meaning = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
    if (meaning === "missing") return { said: "missing" };
    const [, operation = call.action] = call.action.split(":");
    if (meaning !== undefined)
      return { said: meaning, reason: `${operation}: ${messageOf(error)}` };
    const fault = awsFaultOf(error);
    if (fault.kind === "bug") throw error;
    const message = `${call.action} on ${call.target} failed: ${name}: ${messageOf(error)}`;
    if (fault.kind === "terminal") throw new TerminalError(message, { cause: error });
    throw new TransientError(message, { cause: error });
  }
}
