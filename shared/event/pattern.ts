/** What a field of an event ends in; lists are looked into. */
export type Leaf = string | number | boolean | null;

/** One alternative of a field's list, such as `{"prefix": "x"}`. */
export interface LeafTest {
  readonly matches: (value: Leaf) => boolean;
  /** What it wants, so that it reads on after "is not". */
  readonly words: string;
}

/** What a pattern says of one field. */
export interface FieldCondition {
  /** Names from the root with dots between, as EventBridge compares them. */
  readonly path: string;
  /** Where the pattern says it. */
  readonly pointer: string;
  readonly tests: readonly LeafTest[];
  /** It also holds where the field is not. */
  readonly orAbsent: boolean;
}

/** A pattern made ready: it matches when all conditions of one alternative hold together. */
export interface CompiledPattern {
  /** Each sorted by path. More than one only with `$or`. */
  readonly alternatives: readonly (readonly FieldCondition[])[];
  /** Every path of a condition and everything above it. */
  readonly prefixes: ReadonlySet<string>;
}

/** One thing that is wrong with a pattern. */
export interface PatternError {
  /** JSON pointer, from the pattern's root. */
  readonly pointer: string;
  readonly message: string;
  readonly suggestion?: string;
}

export interface PatternErrors {
  readonly errors: readonly [PatternError, ...PatternError[]];
}

export function isPatternErrors(result: CompiledPattern | PatternErrors): result is PatternErrors {
  return "errors" in result;
}

/** Thrown and caught inside of the compiler only. */
export class PatternMistake extends Error {
  override readonly name = "PatternMistake";
  readonly error: PatternError;
  constructor(pointer: string, message: string, suggestion?: string) {
    super(message);
    this.error = { pointer, message, ...(suggestion === undefined ? {} : { suggestion }) };
  }
}
