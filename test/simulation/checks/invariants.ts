/** Every rule that runs are checked against; docs/simulation.md explains each. */
export const invariants = {
  "I1 accepted ends": "An acknowledged submission has a record, and it ends once faults stop.",
  "I2 terminal once": "An instance ends once per round; only a retry by hand opens a new round.",
  "I3 one live attempt": "At most one attempt is live; numbers and tokens are never used again.",
  "I4 fenced completion": "A result is recorded only from the attempt that was live, by its token.",
  "log with its end": "An attempt's log is written in the same write as its end: both or neither.",
  "I5 retry budget": "Task failures and infrastructure failures stay within their own budgets.",
  "I7 cancel is final":
    "After a cancellation nothing but a retry by hand follows; work is stopped.",
  "I8 idempotent submit": "One key has one instance and one content; other content is refused.",
  "I10 not early": "No attempt is granted before the instance is due.",
  "I15 timeouts": "What runs too long is given up in bounded time, and its stop is asked for.",
  "I16 lease renewal": "Only the live attempt's own token gives a sign of life.",
  "I17 outbox": "Every change of state is published at least once, always under the same key.",
  "I18 audit": "History only grows: each change has one entry, in order, with its actor.",
  "I19 versions": "Each accepted write makes the version greater by one.",
  "I20 tenant isolation": "A tenant's call touches that tenant's records and nothing else.",
  "I21 external execution": "An attempt is started once where starting twice would run it twice.",
  "I25 no silent drop": "A report that was acknowledged has been decided upon.",
  "I26 message conservation": "Every message was processed or lies in the dead-letter queue.",
  "I28 progress": "Open instances have one wake, near enough; after healing all work ends.",
  "I29 bounds": "Records and writes stay within their limits.",
  "I30 clock safety": "Recorded times are in order whatever the clocks of the handlers show.",
  "I33 read your submit": "What was acknowledged can be read at once.",
  "rollups are exact": "Rollups are the sums over all histories, each change counted once.",
  "checkpoint grows": "What was observed is never observed again from an earlier place.",
  "definitions are immutable": "A version of a task never changes.",
  "no bug surfaces": "Use cases fail only for faults of the world.",
} as const;

export type InvariantName = keyof typeof invariants;
