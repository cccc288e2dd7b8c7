/**
 * Lets those of one process that are about to change the same records do so one after the other:
 * side by side, all but one of them would lose their writes. Nothing depends on it but speed.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` when everybody who asked before for any of these names is done. */
  async inTurn<Result>(names: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const before = names.map((name) => this.#last.get(name));
    // All places are taken at once, so that no two can wait for each other.
    const mine = Promise.all(before).then(work);
    const done = mine.then(
      () => undefined,
      () => undefined,
    );
    for (const name of names) this.#last.set(name, done);
    try {
      return await mine;
    } finally {
      for (const name of names) if (this.#last.get(name) === done) this.#last.delete(name);
    }
  }
}

/** The turn of whoever takes or gives back something at a gate. */
export function turnOfGate(tenant: string, gate: string): string {
  return `${tenant}#${gate}`;
}
