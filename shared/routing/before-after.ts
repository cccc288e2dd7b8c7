/** A figure as it was, as it would have been, and what lies between. */
export interface BeforeAfter {
  readonly before: number;
  readonly after: number;
  readonly delta: number;
}

export function beforeAfter(before: number, after: number): BeforeAfter {
  return { before, after, delta: after - before };
}
