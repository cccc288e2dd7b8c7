/** Names one key of a webhook; a webhook that was deleted and made anew has other keys. */
export interface SigningKeyName {
  readonly tenant: string;
  readonly webhook: string;
  readonly webhookCreatedAtMs: number;
  readonly keyNumber: number;
}

/** The keys by which receivers know that a message is ours. None is stored: each follows from its name. */
export interface SigningKeys {
  /** 32 bytes, the same each time. */
  keyOf(name: SigningKeyName): Promise<Uint8Array>;
}
