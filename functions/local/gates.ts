import { lookAtGate } from "../gates/look-at-gate.ts";
import type { Engine } from "../runtime/engine.ts";
import type { RecordLooks } from "./record-queue.ts";

/** Who looks at gates on this host. */
export function gateLooks(engine: () => Engine): RecordLooks {
  return { gate: ({ tenant, name, id }) => lookAtGate(engine(), tenant, name, id) };
}
