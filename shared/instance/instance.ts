import type { JsonObject, JsonValue } from "../core/json.ts";
import type { PayloadRef } from "../core/payload-ref.ts";
import type { TraceContext } from "../core/trace-context.ts";
import type { HeldByAttempt } from "../limit/limit.ts";
import type { Pricing } from "../pricing/pricing.ts";
import type { Receipt } from "../routing/receipt.ts";
import type { ErrorClass } from "./error-classes.ts";
import type { InstanceCommandName, InstanceState } from "./moves.ts";

/** Why a pending instance is not running. */
export const waitingReasons = [
  "due",
  "delayed",
  "backoff",
  "paused",
  "capacity",
  "limit",
  "budget",
  "approval",
] as const;
export type WaitingReason = (typeof waitingReasons)[number];

/** What submits instances, under the rule language's names. */
export const triggerTypes = ["http", "event", "timer", "manual"] as const;
export type TriggerType = (typeof triggerTypes)[number];

/** What made an instance, where no client submitted it. */
export type Origin =
  | {
      readonly kind: "schedule";
      readonly schedule: string;
      readonly generation: number;
      readonly nominalAtMs: number;
      readonly backfill?: string;
      /** Somebody asked for it outside of the slots. */
      readonly byHand?: true;
      /** Its schedule lets the next slot wait until it is finished. */
      readonly queues?: true;
    }
  | {
      readonly kind: "event";
      readonly trigger: string;
      readonly eventId: string;
      /** How many instances of this control plane lie between it and an event of somebody else. */
      readonly hops: number;
    };

export interface AttemptError {
  readonly class: ErrorClass;
  readonly message: string;
  /** The error's own name, as thrown. */
  readonly name?: string;
  readonly stack?: string;
  readonly retryable?: boolean;
}

/** What an attempt used, as measured by whoever ran it. */
export interface AttemptUsage {
  readonly durationMs: number;
  readonly memoryMbPeak?: number;
  readonly cpuMs?: number;
}

export type AttemptOutcome = "succeeded" | "failed" | "timed_out" | "cancelled" | "lost";

/** On what terms an attempt was granted, where they differ from what its task says. */
export interface AttemptTerms {
  /** The backend's own limit, when that is less than the instance's. */
  readonly timeoutMs?: number;
  readonly memoryMb?: number;
  readonly cpuCores?: number;
  /** What its task asks for, where that may be charged. */
  readonly storageMb?: number;
  /** True where its backend has one size for all, so that no retry there can have a bigger one. */
  readonly fixedSize?: true;
  /** Its runner gives signs of life of its own; silence for so long loses it. */
  readonly leaseSeconds?: number;
  /** How long it may take to begin before somebody asks. */
  readonly handOverMs?: number;
  /** It waits in its pool's line until a worker fetches it. */
  readonly pull?: true;
  /** How its use is charged. */
  readonly pricing?: Pricing;
}

/** One try on one backend. Only the newest attempt's token can change the instance. */
export interface Attempt extends AttemptTerms {
  readonly number: number;
  readonly id: string;
  readonly token: string;
  readonly round: number;
  readonly backend: string;
  readonly claimedAtMs: number;
  readonly startedAtMs?: number;
  readonly heartbeatAtMs?: number;
  readonly finishedAtMs?: number;
  readonly outcome?: AttemptOutcome;
  readonly error?: AttemptError;
  readonly usage?: AttemptUsage;
  /** The backend's own name for it; in a pool, the worker that has it. */
  readonly externalId?: string;
  /** What it last said about how far it is. */
  readonly progress?: JsonValue;
  readonly receipt?: Receipt;
  /** Slots and money it holds until it ends. */
  readonly held?: HeldByAttempt;
}

/** One accepted change, for ever. `count` > 1 folds repeated heartbeats; versions stay contiguous. */
export interface HistoryEntry {
  /** The record version this change made (the last one, when folded). */
  readonly version: number;
  readonly count?: number;
  readonly atMs: number;
  readonly command: "submit" | InstanceCommandName;
  readonly from?: InstanceState;
  readonly to: InstanceState;
  readonly reason: string;
  readonly attempt?: number;
  /** Who asked, for commands of people and clients. */
  readonly actor?: string;
}

/** What an instance of a task that gathers stands for. */
export interface Gathered {
  readonly mode: "debounce" | "batch";
  /** Submissions that became part of it. */
  readonly items: number;
  /** Of its input as JSON, so that an addition need not measure all of it again. */
  readonly inputBytes: number;
}

/** One submission of a task: the record that decides. */
export interface Instance {
  readonly id: string;
  readonly tenant: string;
  readonly version: number;
  readonly task: string;
  readonly taskVersion: number;
  readonly state: InstanceState;
  readonly waiting?: WaitingReason;
  readonly createdAtMs: number;
  /** Which gate it waits at, as `<kind>:<gate>`, such as `slots:task/report`; its place in line goes by it. */
  readonly waitingFor?: string;
  /** No attempt before this instant. */
  readonly dueAtMs: number;
  /** The one time at which a non-terminal instance is looked at again; absent exactly when terminal. */
  readonly wakeAtMs?: number;
  /** Not started by then: expired. */
  readonly startByMs?: number;
  /** Not finished by then, all attempts included: timed out. */
  readonly deadlineAtMs?: number;
  readonly totalTimeoutSeconds?: number;
  /** One attempt's time. */
  readonly timeoutSeconds: number;
  readonly heartbeatSeconds?: number;
  readonly priority: number;
  readonly group?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly input?: JsonValue;
  /** An input too large to be kept here. */
  readonly inputRef?: PayloadRef;
  readonly config?: JsonObject;
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
  /** What submitted it; absent for the API. */
  readonly trigger?: TriggerType;
  readonly origin?: Origin;
  /** The values of its task's keys, by what they belong to: `task`, `rate` or `limit/<name>`. */
  readonly gateKeys?: Readonly<Record<string, string>>;
  /** Where its task gathers submissions: how many it stands for. */
  readonly gathered?: Gathered;
  /** Somebody let it pass an exhausted budget. */
  readonly approvedBy?: string;
  /** The instance from which it began, where an attempt of another one submitted it. */
  readonly colour?: string;
  /** Handed on to whatever the attempt calls. */
  readonly trace?: TraceContext;
  /** The only backend this instance may use. */
  readonly pinnedBackend?: string;
  /** 1, plus one for each explicit retry of a finished instance. Budgets are per round. */
  readonly round: number;
  /** Attempts ever granted; also the newest attempt's number. */
  readonly attemptCount: number;
  /** Failures of this round that consumed the task's budget. */
  readonly taskFailures: number;
  /** Failures of this round that consumed the infrastructure budget. */
  readonly infraFailures: number;
  /** The newest attempts, at most `limits.attemptsKept`. */
  readonly attempts: readonly Attempt[];
  readonly output?: JsonValue;
  /** An output too large to be kept here. */
  readonly outputRef?: PayloadRef;
  readonly error?: AttemptError;
  readonly finishedAtMs?: number;
  readonly submittedBy: string;
  /** The newest changes, at most `limits.historyKept`. */
  readonly history: readonly HistoryEntry[];
}

/** The attempt that may still change the instance. */
export function liveAttempt(instance: Instance): Attempt | undefined {
  const last = instance.attempts.at(-1);
  return last !== undefined && last.outcome === undefined ? last : undefined;
}
