/** A backend that was considered, and why it was left out if it was. */
export interface ReceiptCandidate {
  readonly backend: string;
  readonly feasible: boolean;
  /** One sentence each; empty when feasible. */
  readonly exclusions: readonly string[];
}

/** Why an attempt went where it went. Kept with the attempt. */
export interface Receipt {
  readonly decidedAtMs: number;
  /** Which rules decided, so that the decision can be replayed. */
  readonly rules: { readonly name: string; readonly version: number };
  readonly features: Readonly<Record<string, string | number | boolean>>;
  readonly candidates: readonly ReceiptCandidate[];
  readonly chosen?: string;
  readonly reason: string;
}
