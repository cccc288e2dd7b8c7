import type { WorkOrder } from "../../../shared/contract/http/work.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { AttemptOrder } from "../../../shared/ports/backend.ts";

/** An order off the wire as the executor takes it. `deadlineAtMs` is by this machine's clock. */
export function attemptOrderOf(order: WorkOrder, deadlineAtMs: number): AttemptOrder {
  const { envelope, memoryMb, cpuCores } = order;
  const { inputs, inputs_ref, outputs_url, config, trace, execution_time } = envelope;
  return {
    tenant: envelope.instance.tenant,
    instanceId: order.instanceId,
    attemptId: order.attemptId,
    attempt: order.attempt,
    token: order.token,
    task: order.task,
    taskVersion: order.taskVersion,
    run: order.run,
    ...(memoryMb === undefined ? {} : { memoryMb }),
    ...(cpuCores === undefined ? {} : { cpuCores }),
    ...(inputs === undefined ? {} : { input: inputs }),
    // Whoever fetches it goes by the address; its name is the control plane's own affair.
    ...(inputs_ref === undefined ? {} : { inputRef: { ...inputs_ref, id: "" } }),
    ...(outputs_url === undefined ? {} : { outputUrl: outputs_url.url }),
    ...(config === undefined ? {} : { config }),
    ...(trace === undefined ? {} : { trace }),
    ...(execution_time === undefined ? {} : { orderedAtMs: Date.parse(execution_time) }),
    // Whoever leased it has room for it: there is no line to wait in.
    priority: limits.priorityDefault,
    timeoutMs: order.timeoutMs,
    deadlineAtMs,
  };
}
