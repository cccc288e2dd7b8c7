/** One bug, planted by rewriting lines of production code while it is bundled. */
export interface PlantedBug {
  readonly name: string;
  readonly edits: readonly Edit[];
}

export interface Edit {
  /** From the repository's root. */
  readonly file: string;
  /** Must occur exactly once, so that a bug that no longer fits is noticed. */
  readonly find: string;
  readonly replace: string;
}

/** Edits are given as file, what to find there, and what to put in its place. */
export function bug(
  name: string,
  ...edits: readonly (readonly [string, string, string])[]
): PlantedBug {
  return { name, edits: edits.map(([file, find, replace]) => ({ file, find, replace })) };
}
