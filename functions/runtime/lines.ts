interface Waiting<Job, Answer> {
  readonly job: Job;
  settle(answer: Answer): void;
  fail(error: unknown): void;
}

/**
 * Jobs that would contend for the same record take turns within this process: what arrives while a
 * turn is under way is done together in the next one. Between processes, conditional writes decide.
 */
export class Lines {
  readonly #waiting = new Map<string, Waiting<unknown, unknown>[]>();

  /**
   * Joins the line of that name; `perform` answers in the jobs' order. Everybody who joins a line
   * brings the same kind of job and the same `perform`, because whoever is first does it for all.
   */
  async join<Job, Answer>(
    name: string,
    jobs: readonly Job[],
    perform: (jobs: readonly Job[]) => Promise<readonly Answer[]>,
  ): Promise<readonly Answer[]> {
    // Lines are told apart by their names; each has jobs of one kind, as everybody promises.
    const lines = this.#waiting as Map<string, Waiting<Job, Answer>[]>;
    const present = lines.get(name);
    const line = present ?? [];
    const answers = jobs.map(
      (job) =>
        new Promise<Answer>((settle, fail) => {
          line.push({ job, settle, fail });
        }),
    );
    if (present === undefined) {
      lines.set(name, line);
      void this.#serve(name, line, perform);
    }
    return Promise.all(answers);
  }

  async #serve<Job, Answer>(
    name: string,
    line: Waiting<Job, Answer>[],
    perform: (jobs: readonly Job[]) => Promise<readonly Answer[]>,
  ): Promise<void> {
    while (line.length > 0) {
      const turn = line.splice(0);
      try {
        const answers = await perform(turn.map(({ job }) => job));
        for (const [place, { settle, fail }] of turn.entries()) {
          const answer = answers[place];
          if (answer === undefined) fail(new RangeError(`a job in the line ${name} has no answer`));
          else settle(answer);
        }
      } catch (error) {
        for (const { fail } of turn) fail(error);
      }
    }
    this.#waiting.delete(name);
  }
}
