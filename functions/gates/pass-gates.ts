import type { AttemptError, Instance } from "../../shared/instance/instance.ts";
import type { HeldByAttempt } from "../../shared/limit/limit.ts";
import type { Change } from "../../shared/ports/store.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import type { Engine } from "../runtime/engine.ts";
import { budgetGate } from "./budget-gate.ts";
import type { Claim, GateAnswer, GateKeeper } from "./gate.ts";
import { limitKeeper } from "./limit-keeper.ts";

export type GatesAnswer =
  /** The claim may be made, in one write with the changes. */
  | {
      readonly outcome: "through";
      readonly claim: Claim;
      readonly changes: readonly Change[];
      /** To be told once the claim is made. */
      readonly next: readonly string[];
    }
  | ({ readonly outcome: "hold" } & Omit<Extract<GateAnswer, { outcome: "closed" }>, "outcome">)
  | { readonly outcome: "reject"; readonly error: AttemptError };

/** In the order in which they are asked; what costs money comes last. */
const keepers: readonly GateKeeper[] = [limitKeeper, budgetGate];

/** Asks everything that may hold an attempt back. Takes nothing itself: the caller's write does. */
export async function passGates(
  engine: Engine,
  instance: Instance,
  definition: TaskVersion,
  wanted: Claim,
): Promise<GatesAnswer> {
  const facts = await engine.gates.facts(instance.tenant);
  const nowMs = engine.clock.now();
  const changes: Change[] = [];
  const next: string[] = [];
  let claim = wanted;
  let held: HeldByAttempt = {};
  for (const keeper of keepers) {
    const answer = await keeper.ask(engine, { instance, definition, claim, facts, nowMs });
    if (answer.outcome === "refused") return { outcome: "reject", error: answer.error };
    if (answer.outcome === "closed") return { ...answer, outcome: "hold" };
    changes.push(...answer.changes);
    next.push(...(answer.next ?? []));
    claim = answer.claim ?? claim;
    held = { ...held, ...answer.held };
  }
  if (Object.keys(held).length > 0) claim = { ...claim, held };
  return { outcome: "through", claim, changes, next };
}
