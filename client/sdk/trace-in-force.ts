import type { TraceContext } from "../../shared/core/trace-context.ts";

type Trace = Partial<TraceContext>;

let source: () => Trace | undefined = () => undefined;

/** Where clients learn to which trace the code that calls them belongs; without one, to none. */
export function learnTraceFrom(next: () => Trace | undefined): void {
  source = next;
}

/** The trace of the attempt whose code runs at this moment. */
export function traceInForce(): Trace | undefined {
  return source();
}
