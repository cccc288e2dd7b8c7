import * as z from "zod";
import type { ErrorClass } from "../../shared/instance/error-classes.ts";
import type { AttemptError } from "../../shared/instance/instance.ts";

/** What Lambda and its runtimes say of a failure; every part may be missing. */
const ErrorPayload = z.object({
  errorType: z.string().optional().catch(undefined),
  errorMessage: z.string().optional().catch(undefined),
  /** Node. */
  trace: z.array(z.string()).optional().catch(undefined),
  /** Python, Java and others. */
  stackTrace: z.array(z.string()).optional().catch(undefined),
});
type ErrorPayload = z.infer<typeof ErrorPayload>;

export interface ResponseContext {
  readonly statusCode?: number | undefined;
  readonly functionError?: string | null | undefined;
}

/** Failures of the platform around the task's code, by the error type that Lambda gives them. */
const classByErrorType: Readonly<Record<string, ErrorClass>> = {
  "Runtime.HandlerNotFound": "missing_function",
  "Runtime.ImportModuleError": "missing_function",
  "Runtime.MalformedHandlerName": "missing_function",
  "Runtime.UserCodeSyntaxError": "missing_function",
  "Runtime.InvalidEntrypoint": "missing_function",
  "Runtime.OutOfMemory": "out_of_memory",
  "Runtime.MarshalError": "invalid_output",
  "Function.ResponseSizeTooLarge": "invalid_output",
  "Sandbox.Timedout": "timeout",
  "Runtime.ExitError": "crash",
  "Runtime.Unknown": "crash",
  "Extension.Crash": "crash",
};

/** The same failures where only the message tells them apart, the most telling first. */
const classByMessage: readonly (readonly [RegExp, ErrorClass])[] = [
  [/Task timed out after [\d.]+ seconds/, "timeout"],
  // The kernel kills a sandbox only for the memory it takes.
  [/Runtime exited with error: signal: killed/, "out_of_memory"],
  [/Runtime exited (with error|without providing a reason)/, "crash"],
  [/Process exited before completing request/, "crash"],
];

/** Thrown by tasks to say that trying again is hopeless (client/task/final-error.ts). */
const finalErrorName = "FinalError";

/** The failure of an invocation that Lambda gave up. */
export function lambdaError(context: ResponseContext | undefined, payload: unknown): AttemptError {
  const parsed = ErrorPayload.safeParse(payload);
  const error: ErrorPayload = parsed.success ? parsed.data : {};
  const message = error.errorMessage ?? textOf(payload);
  // Without an error of the function, it was Lambda that could not run it.
  if (context?.functionError === undefined || context.functionError === null) {
    const status = context?.statusCode === undefined ? "" : ` (status ${context.statusCode})`;
    return {
      class: classOfRefusal(context?.statusCode, error.errorType),
      message: `Lambda gave up without running the function${status}: ${message}`,
    };
  }
  const stack = error.trace ?? error.stackTrace;
  return {
    class: classOf(error.errorType, message),
    message,
    ...(error.errorType === undefined ? {} : { name: error.errorType }),
    ...(stack === undefined || stack.length === 0 ? {} : { stack: stack.join("\n") }),
    ...(error.errorType === finalErrorName ? { retryable: false } : {}),
  };
}

/** Why Lambda did not run a function, by the error's name or, where it has none, by the status. */
const classByRefusal: Readonly<Record<string, ErrorClass>> = {
  TooManyRequestsException: "throttled",
  EC2ThrottledException: "throttled",
  AccessDeniedException: "missing_permission",
  KMSAccessDeniedException: "missing_permission",
  KMSDisabledException: "missing_permission",
  KMSNotFoundException: "missing_permission",
  ResourceNotFoundException: "missing_function",
  InvalidRuntimeException: "missing_function",
  RequestTooLargeException: "payload_too_large",
  ResourceNotReadyException: "no_capacity",
  SubnetIPAddressLimitReachedException: "no_capacity",
  ENILimitReachedException: "no_capacity",
};

const classByStatus: Readonly<Record<number, ErrorClass>> = {
  403: "missing_permission",
  404: "missing_function",
  413: "payload_too_large",
  429: "throttled",
};

function classOfRefusal(status: number | undefined, errorType: string | undefined): ErrorClass {
  const name = errorType ?? "";
  if (Object.hasOwn(classByRefusal, name)) return classByRefusal[name] ?? "backend_fault";
  return (status === undefined ? undefined : classByStatus[status]) ?? "backend_fault";
}

function classOf(errorType: string | undefined, message: string): ErrorClass {
  const byType = errorType === undefined ? undefined : knownClass(errorType);
  // Only messages of the platform are searched: a task may throw any text.
  const ofPlatform = errorType === undefined || byType === "crash";
  const byMessage = ofPlatform
    ? classByMessage.find(([pattern]) => pattern.test(message))?.[1]
    : undefined;
  return byMessage ?? byType ?? "error";
}

function knownClass(errorType: string): ErrorClass | undefined {
  return Object.hasOwn(classByErrorType, errorType) ? classByErrorType[errorType] : undefined;
}

function textOf(payload: unknown): string {
  if (typeof payload === "string" && payload !== "") return payload;
  return payload === undefined || payload === null ? "no message" : JSON.stringify(payload);
}
