/** Time comes from here and from nowhere else: milliseconds since 1970, UTC. */
export interface Clock {
  now(): number;
}

/** Uniform in [0, 1). */
export interface Random {
  next(): number;
}

/** Identities; derived ids let one conditional put settle idempotency. */
export interface Ids {
  /** Sorts by time; `prefix` says of what: instances, attempts or backfills. */
  newId(prefix: "ins" | "att" | "bfl", atMs: number): string;
  /** Always the same for the same parts; unlike any random id. */
  derivedInstanceId(tenant: string, idempotencyKey: string): string;
  /** Unguessable; what an attempt must show to change its instance. */
  newToken(): string;
  /** SHA-256 of the text, hex. */
  fingerprint(text: string): string;
}
