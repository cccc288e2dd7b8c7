import type { JsonValue } from "../../shared/core/json.ts";
import type { AttemptError } from "../../shared/instance/instance.ts";
import type { AttemptOrder } from "../../shared/ports/backend.ts";
import type { PutOutput } from "./payload-transfer.ts";

/**
 * How an executor and a runner talk: lines of JSON, each an array of messages, over two pipes of
 * their own, so that nothing a task prints can be mistaken for a message. The attempt's token never
 * crosses: inside a runner an attempt is a number.
 */
export const runnerInputFd = 3;
export const runnerOutputFd = 4;

/** No honest line is longer; one that is ends the runner. */
export const lineCharsMax = 4 * 1024 * 1024;

/** What all orders of one runner have in common: its only argument, as JSON. */
export interface RunnerSetup {
  readonly modulePath: string;
  /** As the task's definition names it, for messages. */
  readonly module: string;
  readonly export: string;
  readonly tenant: string;
  readonly task: string;
  readonly taskVersion: number;
  readonly memoryMb: number;
  readonly outputBytesMax: number;
  readonly logHeadBytesMax: number;
  readonly logTailBytesMax: number;
  readonly errorMessageBytesMax: number;
}

/** Numbers grow by one per runner; orders begin in that order. */
export interface RunOrder
  extends Pick<
    AttemptOrder,
    | "instanceId"
    | "attemptId"
    | "attempt"
    | "input"
    | "inputRef"
    | "outputUrl"
    | "config"
    | "trace"
    | "group"
    | "colour"
    | "orderedAtMs"
    | "cpuCores"
    | "timeoutMs"
    | "deadlineAtMs"
  > {
  readonly kind: "run";
  readonly seq: number;
}

export interface AbortOrder {
  readonly kind: "abort";
  readonly seq: number;
  readonly reason: "timeout" | "cancelled";
}

/** Asks for nothing but an answer. */
export interface PingOrder {
  readonly kind: "ping";
  readonly seq: number;
}

export type ToRunner = RunOrder | AbortOrder | PingOrder;

/** A piece of an attempt's log: more of its head, and the newest state of its tail. */
export interface LogPiece {
  readonly head?: string;
  readonly tail?: string;
  /** Bytes dropped so far between head and tail. */
  readonly cutBytes?: number;
}

/** What an attempt used, seen from inside. */
export interface MeasuredUsage {
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly memoryMb: number;
}

export type FromRunner =
  /** The runner itself has started; what follows is the task's module. */
  | { readonly kind: "hello" }
  | { readonly kind: "ready" }
  /** The module or its export cannot be used; the runner ends. */
  | { readonly kind: "unusable"; readonly error: AttemptError }
  /** All orders up to this one have begun; the last batch took so long per order. */
  | { readonly kind: "begun"; readonly seq: number; readonly msPerOrder: number }
  /** An order that was aborted before it began; it never will. */
  | { readonly kind: "dropped"; readonly seq: number }
  | { readonly kind: "log"; readonly seq: number; readonly log: LogPiece }
  | { readonly kind: "heartbeat"; readonly seq: number; readonly progress?: JsonValue }
  /** The answer to an abort or a ping: the event loop turns. */
  | { readonly kind: "pong"; readonly seq: number }
  | {
      readonly kind: "succeeded";
      readonly seq: number;
      readonly output?: JsonValue;
      /** Instead of an output that was put away for its size. */
      readonly outputRef?: PutOutput;
      readonly usage: MeasuredUsage;
      readonly log?: LogPiece;
    }
  | {
      readonly kind: "failed";
      readonly seq: number;
      readonly error: AttemptError;
      readonly usage: MeasuredUsage;
      readonly log?: LogPiece;
    }
  /** An error escaped an attempt: finish what runs, but begin nothing more here. */
  | { readonly kind: "tainted" }
  /** The process ends because someone called process.exit; `seq` names the attempt that did. */
  | {
      readonly kind: "exiting";
      readonly seq?: number;
      readonly code: number;
      readonly stack?: string;
    };
