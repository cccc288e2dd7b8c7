import type { FunctionContext } from "../../shared/contract/envelope.ts";
import { isInvocationEnvelope } from "../../shared/contract/envelope-form.ts";
import { FinalError } from "./final-error.ts";
import { CallContext, type TaskContext } from "./task-context.ts";

/** A task in code: what it takes and what it does. */
export interface TaskDefinition<Input, Output> {
  /**
   * Checks the input and gives it its type: any schema with a `parse` that throws, such as zod's.
   * Input that does not fit fails the instance at once, since trying again cannot help.
   */
  readonly input?: { parse(value: unknown): Input };
  handler(input: Input, context: TaskContext): Output | Promise<Output>;
}

/** What to export: Switchyard's runner and AWS Lambda both call it with an event and a context. */
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
    const input = checkedInput(definition, envelope === undefined ? event : envelope.inputs);
    const context = new CallContext(envelope, platform);
    try {
      return await definition.handler(input, context);
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
