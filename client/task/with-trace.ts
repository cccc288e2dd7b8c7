import { AsyncLocalStorage } from "node:async_hooks";
import type { TraceContext } from "../../shared/core/trace-context.ts";
import { learnTraceFrom } from "../sdk/trace-in-force.ts";

const running = new AsyncLocalStorage<Partial<TraceContext>>();
learnTraceFrom(() => running.getStore());

/**
 * Runs a task's code so that clients in it, wherever they were opened, hand on its trace with every
 * request: so what it submits belongs to its group and carries its colour.
 */
export function withTrace<Result>(trace: Partial<TraceContext>, work: () => Result): Result {
  return running.run(trace, work);
}
