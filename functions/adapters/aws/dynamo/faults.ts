/** What an error of the SDK means for the caller. */
export type Fault =
  /** Certainly not applied, and worth another try. */
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  /** Worth another try, but a write may have been applied. */
  | { readonly kind: "unclear" }
  /** Will fail again until somebody changes something. */
  | { readonly kind: "terminal" }
  /** Not from DynamoDB at all: a fault of our own. */
  | { readonly kind: "bug" };

const throttled: Fault = { kind: "busy", retryAfterMs: 1_000 };
const unreachable: Fault = { kind: "busy", retryAfterMs: 1_000 };
const contended: Fault = { kind: "busy", retryAfterMs: 100 };
const unclear: Fault = { kind: "unclear" };
const terminal: Fault = { kind: "terminal" };

const faultsByName: Readonly<Record<string, Fault>> = {
  ThrottlingException: throttled,
  ProvisionedThroughputExceededException: throttled,
  RequestLimitExceeded: throttled,
  LimitExceededException: throttled,
  TransactionConflictException: contended,
  // Our own earlier try with the same token is still at work.
  TransactionInProgressException: unclear,
  TimeoutError: unclear,
  CredentialsProviderError: terminal,
};

/** Codes of connections that never came to be: nothing was sent. */
const unsentCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Why single actions of a transaction stop all of it without anything being wrong with them. */
const passingReasons: ReadonlySet<string> = new Set([
  "None",
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

/** Tells transient from terminal, and "not applied" from "perhaps applied". */
export function faultOf(error: unknown): Fault {
  const { name, code, status, reasons } = partsOf(error);
  if (reasons !== undefined) {
    if (!reasons.every((reason) => passingReasons.has(reason))) return terminal;
    return reasons.includes("TransactionConflict") ? contended : throttled;
  }
  const known = faultsByName[name];
  if (known !== undefined) return known;
  if (status !== undefined && status >= 500) return unclear;
  if (status === 429) return throttled;
  if (status !== undefined && status >= 400) return terminal;
  if (code !== undefined) return unsentCodes.has(code) ? unreachable : unclear;
  // An answer that could not be read: whatever it said was done.
  if (status !== undefined) return unclear;
  return { kind: "bug" };
}

/** What to tell whoever can put a terminal fault right. */
export function adviceOn(error: unknown): string {
  const { name, message } = partsOf(error);
  const advice = adviceByName[name];
  return advice === undefined ? `${name}: ${message}` : `${name}: ${message}. ${advice}`;
}

const adviceByName: Readonly<Record<string, string>> = {
  AccessDeniedException:
    "Grant this role the action named above on the table (and on its indexes for queries)",
  ResourceNotFoundException:
    "The table, index or stream does not exist there: deploy the stack, or correct the table name or the region",
  UnrecognizedClientException: "The credentials are not valid for this endpoint",
  ExpiredTokenException: "The credentials have expired: renew them",
  CredentialsProviderError: "Provide AWS credentials, for example through a role or AWS_PROFILE",
};

interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly reasons: readonly string[] | undefined;
}

/** SDK errors are recognised by shape: the classes differ between copies of the SDK, names do not. */
function partsOf(error: unknown): ErrorParts {
  const parts = (typeof error === "object" && error !== null ? error : {}) as {
    readonly name?: unknown;
    readonly message?: unknown;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly CancellationReasons?: readonly { readonly Code?: string }[];
  };
  return {
    name: typeof parts.name === "string" ? parts.name : "unknown error",
    message: typeof parts.message === "string" ? parts.message : String(error),
    code: typeof parts.code === "string" ? parts.code : undefined,
    status: parts.$metadata?.httpStatusCode,
    reasons: parts.CancellationReasons?.map((reason) => reason.Code ?? "None"),
  };
}
