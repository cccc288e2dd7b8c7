import type { InstanceCommand } from "../../shared/instance/commands.ts";
import type { AttemptError, Instance } from "../../shared/instance/instance.ts";
import type { HeldByAttempt } from "../../shared/limit/limit.ts";
import type { Change } from "../../shared/ports/store.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import type { Engine } from "../runtime/engine.ts";
import type { GateFacts } from "../runtime/gate-source.ts";

export type Claim = Extract<InstanceCommand, { name: "claim" }>;

/** An instance that is due, with the claim that is to be made for it. */
export interface GateRequest {
  readonly instance: Instance;
  readonly definition: TaskVersion;
  readonly claim: Claim;
  readonly facts: GateFacts;
  readonly nowMs: number;
}

export type GateAnswer =
  /** Nothing is taken yet: `changes` belong into the write of the claim, which then holds `held`. */
  | {
      readonly outcome: "open";
      readonly changes: readonly Change[];
      readonly held: HeldByAttempt;
      /** To be made in place of the one that was asked for. */
      readonly claim?: Claim;
      /** Next in its lines, where there is room for more: to be told once it has passed. */
      readonly next?: readonly string[];
    }
  | {
      readonly outcome: "closed";
      readonly waiting: "limit" | "budget" | "approval";
      readonly waitingFor: string;
      readonly reason: string;
      /** When to look again; default: as for those that wait for capacity. */
      readonly recheckAtMs?: number;
      /** Better placed in its line, while there is room: they go first. */
      readonly before?: readonly string[];
    }
  /** It must never start. */
  | { readonly outcome: "refused"; readonly error: AttemptError };

/** One kind of bound on starting attempts. */
export interface GateKeeper {
  ask(engine: Engine, request: GateRequest): Promise<GateAnswer>;
}
