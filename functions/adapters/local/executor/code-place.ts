/** Where the code of an attempt is. */
export interface CodePlace {
  /** The code may not be outside of it; processes run in it. */
  readonly folder: string;
  /** Relative to the folder. */
  readonly module: string;
  readonly export: string;
  /** On top of what all tasks find in their environment. */
  readonly environment?: Readonly<Record<string, string>>;
}
