import type { Instance } from "../../../shared/instance/instance.ts";
import type { FeedChange } from "../../../shared/ports/store.ts";
import type { World } from "../world/world.ts";
import { BudgetChecks } from "./budget-checks.ts";
import { FactsInForce } from "./facts-in-force.ts";
import { type DefinitionOf, gateWriteOf } from "./gate-write.ts";
import { LinedChecks } from "./lined-checks.ts";
import { PauseChecks } from "./pause-checks.ts";
import { RateChecks } from "./rate-checks.ts";
import { SlotChecks } from "./slot-checks.ts";

/** Sees every accepted write as a whole: what starts has passed its gates in that very write. */
export class GateChecks {
  readonly lined: LinedChecks;
  readonly #world: World;
  readonly #facts: FactsInForce;
  readonly #slots: SlotChecks;
  readonly #rates: RateChecks;
  readonly #budgets: BudgetChecks;
  readonly #pauses: PauseChecks;

  constructor(world: World, definitionOf: DefinitionOf) {
    this.#world = world;
    this.#facts = new FactsInForce(world);
    this.#slots = new SlotChecks(world, this.#facts, definitionOf);
    this.#rates = new RateChecks(world, this.#facts, definitionOf);
    this.#budgets = new BudgetChecks(world, this.#facts, definitionOf);
    this.#pauses = new PauseChecks(world, this.#facts);
    this.lined = new LinedChecks(world, definitionOf);
  }

  /** `before` holds the instances as they were before this write. */
  check(changes: readonly FeedChange[], before: ReadonlyMap<string, Instance>): void {
    const write = gateWriteOf(this.#world.wallMs(), changes, before);
    this.#facts.note(write);
    this.#slots.check(write);
    this.#rates.check(write);
    this.#budgets.check(write);
    this.#pauses.check(write);
    this.lined.check(write);
  }

  checkEnd(): void {
    this.#slots.checkEnd();
    this.#budgets.checkEnd();
    this.lined.checkEnd();
  }
}
