import type { ErrorCode } from "../core/error-codes.ts";
import type { JsonValue } from "../core/json.ts";
import type { PayloadRef } from "../core/payload-ref.ts";
import type { HeldByAttempt } from "../limit/limit.ts";
import type { Receipt } from "../routing/receipt.ts";
import type { Gathering } from "../task/gathering.ts";
import type { RetryPolicy } from "../task/retry-policy.ts";
import type { Attempt, AttemptError, AttemptTerms, AttemptUsage, Instance } from "./instance.ts";

/** What an attempt shows to prove that it is the current one. */
interface FromAttempt {
  readonly attemptId: string;
  readonly token: string;
}

/** Everything that can be asked of an instance, with the facts needed to decide it. */
export type InstanceCommand =
  | {
      readonly name: "claim";
      readonly attemptId: string;
      readonly token: string;
      readonly backend: string;
      readonly terms?: AttemptTerms;
      readonly receipt?: Receipt;
      readonly held?: HeldByAttempt;
    }
  | (FromAttempt & {
      readonly name: "confirm";
      readonly startedAtMs: number;
      readonly externalId?: string;
    })
  | (FromAttempt & {
      readonly name: "heartbeat";
      readonly atMs: number;
      readonly progress?: JsonValue;
    })
  | (FromAttempt & {
      readonly name: "succeed";
      readonly output?: JsonValue;
      readonly outputRef?: PayloadRef;
      readonly usage?: AttemptUsage;
      readonly startedAtMs?: number;
      readonly externalId?: string;
    })
  | (FromAttempt & {
      readonly name: "fail";
      readonly error: AttemptError;
      readonly usage?: AttemptUsage;
      readonly startedAtMs?: number;
      readonly externalId?: string;
      readonly random: number;
    })
  /** Nobody can run it, or it can never start: final without an attempt. */
  | { readonly name: "reject"; readonly error: AttemptError }
  | {
      readonly name: "hold";
      readonly reason: string;
      /** What it waits for. Default: "paused". */
      readonly waiting?: "paused" | "capacity" | "limit" | "budget" | "approval";
      /** The gate it waits at. */
      readonly waitingFor?: string;
      /** When it is looked at again, if not at the usual time. */
      readonly recheckAtMs?: number;
    }
  | { readonly name: "release"; readonly reason: string }
  /** Somebody lets it pass an exhausted budget. */
  | { readonly name: "approve"; readonly actor: string; readonly reason?: string }
  /** Further submissions become part of an instance that gathers them. */
  | {
      readonly name: "amend";
      readonly gathering: Gathering;
      /** As they would have been opened on their own, in the order in which they came. */
      readonly additions: readonly Instance[];
      readonly actor: string;
      /** It gathers no more: what comes next does not fit. */
      readonly full?: true;
    }
  | { readonly name: "cancel"; readonly actor: string; readonly reason?: string }
  | { readonly name: "retry"; readonly actor: string; readonly reason?: string }
  /** Look at the clock and do what is overdue. `sighting` is what the backend says of the live attempt. */
  | {
      readonly name: "wake";
      readonly random: number;
      readonly sighting?: "queued" | "running" | "gone" | "unknown";
    };

/** What must be done in the world once the decision is saved. */
export type Effect =
  | { readonly kind: "start"; readonly attempt: Attempt }
  | { readonly kind: "stop"; readonly attempt: Attempt };

export type Decision =
  | {
      readonly outcome: "changed";
      readonly next: Instance;
      readonly reason: string;
      readonly effects: readonly Effect[];
    }
  | { readonly outcome: "unchanged"; readonly reason: string }
  | { readonly outcome: "rejected"; readonly code: ErrorCode; readonly reason: string };

export interface DecisionContext {
  readonly nowMs: number;
  readonly retry: RetryPolicy;
}
