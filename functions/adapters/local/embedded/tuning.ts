/** Sizes and delays of the embedded store; the reasons are in docs/decisions/0001-embedded-store.md. */
export interface EmbeddedTuning {
  /** Size of one journal file. */
  readonly segmentBytes: number;
  /** A generation of new versions goes to LevelDB when it holds about this many characters… */
  readonly generationCharsMax: number;
  /** …or when its first change is this old. */
  readonly materialiseAfterMs: number;
  /** Parsed records kept for reading, by the characters of their JSON. */
  readonly recentCharsMax: number;
  /** The newest changes of the feed kept in memory. */
  readonly feedTailChangesMax: number;
  readonly feedTailCharsMax: number;
  /**
   * How long the feed is kept on disk: until `trimFeed` lets it go (nothing a consumer has not
   * passed is ever dropped), or the newest so many changes, for hosts without such a consumer.
   */
  readonly keepFeed: "until trimmed" | { readonly newestChanges: number };
  /** After so many look-ups of keys that were not there, the keys that are there are learnt. */
  readonly missesUntilLearning: number;
  readonly blockCacheBytes: number;
  readonly writeBufferBytes: number;
}

const MiB = 1024 * 1024;

export const defaultTuning: EmbeddedTuning = {
  segmentBytes: 16 * MiB,
  generationCharsMax: 8 * MiB,
  materialiseAfterMs: 2_000,
  recentCharsMax: 8 * MiB,
  feedTailChangesMax: 2_048,
  feedTailCharsMax: 2 * MiB,
  keepFeed: "until trimmed",
  missesUntilLearning: 2_000,
  blockCacheBytes: 4 * MiB,
  writeBufferBytes: 4 * MiB,
};
