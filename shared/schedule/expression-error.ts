/** Why an expression cannot be taken, where in its text, and how to put it right. */
export interface ExpressionError {
  readonly error: true;
  readonly message: string;
  /** The character it is about; the first one is 1. */
  readonly position: number;
  readonly suggestion?: string;
}

export function expressionError(
  message: string,
  position: number,
  suggestion?: string,
): ExpressionError {
  return {
    error: true,
    message,
    position,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** Tells an error from what was parsed. */
export function isExpressionError(parsed: object): parsed is ExpressionError {
  return "error" in parsed && parsed.error === true;
}
