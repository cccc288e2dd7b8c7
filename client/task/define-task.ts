import type { FunctionContext } from "../../shared/contract/envelope.ts";
import { isInvocationEnvelope } from "../../shared/contract/envelope-form.ts";
import { FinalError } from "./final-error.ts";
import { inputOf, returnedFor } from "./large-payloads.ts";
import { CallContext, type TaskContext } from "./task-context.ts";
import { withTrace } from "./with-trace.ts";

/** A task in code: what it takes and what it does. */
export interface TaskDefinition<Input, Output> {
  /**
   * Checks the input and gives it its type: any schema with a `parse` that throws, such as zod's.
   * Input that does not fit fails the instance at once, since trying again cannot help.
   */
  readonly input?: { parse(value: unknown): Input };
  handler(input: Input, context: TaskContext): Output | Promise<Output>;
}

/**
 * What to export: Switchyard's runner and AWS Lambda both call it with an event and a context. An
 * output too large to be returned is put where the event says, and its marker is returned.
 */
export type TaskFunction<Output> = (event: unknown, context?: FunctionContext) => Promise<Output>;

/**
 * Wraps a handler so that the same export runs on every backend. The handler gets the input itself;
 * what it returns becomes the instance's output, and what it throws becomes the attempt's error.
 */
export function defineTask<Input, Output>(
  definition: TaskDefinition<Input, Output>,
): TaskFunction<Output> {
  return async (event, platform = {}) => {
    const envelope = isInvocationEnvelope(event) ? event : undefined;
    const given = envelope === undefined ? event : await inputOf(envelope, platform);
    const input = checkedInput(definition, given);
    const context = new CallContext(envelope, platform);
    try {
      const output = await withTrace(context.trace, () => definition.handler(input, context));
      // Only Switchyard itself ever sees a marker; to every caller the type is the handler's.
      return (await returnedFor(output, envelope, platform)) as Output;
    } finally {
      context.close();
    }
  };
}

function checkedInput<Input, Output>(
  definition: TaskDefinition<Input, Output>,
  value: unknown,
): Input {
  // Without a schema the handler's own annotation is all there is to go by.
  if (definition.input === undefined) return value as Input;
  try {
    return definition.input.parse(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FinalError(`the input does not fit: ${why}`, { cause: error });
  }
}
