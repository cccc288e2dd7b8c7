import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { invocationEnvelope } from "../../../shared/contract/envelope.ts";
import type { AttemptCredential } from "../../../shared/contract/messages.ts";
import { utf8Bytes } from "../../../shared/core/texts.ts";
import { lambdaAliasOf, lambdaNameOf } from "../../../shared/function/lambda-name.ts";
import type { ErrorClass } from "../../../shared/instance/error-classes.ts";
import type { AttemptOrder, Backend, StartOutcome } from "../../../shared/ports/backend.ts";
import { priceBy } from "../../../shared/pricing/price-run.ts";
import { awsFaultOf, messageOf, nameOf, tryAws } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";
import { asyncEventBytesMax, lambdaCapabilities } from "./lambda-capabilities.ts";

export interface LambdaBackendOptions {
  /** From `openLambdaClient`. */
  readonly client: LambdaClient;
  /** Only functions of this account are invoked. */
  readonly accountId: string;
  /** Functions whose name starts with this are the control plane's own and are never invoked. */
  readonly controlPlaneFunctionPrefix: string;
  readonly pace?: Pace;
}

const triesMax = 3;

/**
 * Runs attempts as asynchronous invocations of Lambda functions, deployed ones and others; they report
 * through their destinations. Lambda can neither end such an invocation nor say where it is, so `stop` does nothing
 * (fencing makes a late result harmless) and `inspect` leaves the decision to the clock.
 */
export function openLambdaBackend(options: LambdaBackendOptions): Backend {
  return {
    capabilities: lambdaCapabilities,
    start: (order) => start(options, order),
    stop: () => Promise.resolve(),
    inspect: () => Promise.resolve("unknown"),
    price: priceBy(lambdaCapabilities.pricing),
  };
}

async function start(options: LambdaBackendOptions, order: AttemptOrder): Promise<StartOutcome> {
  const target = await targetOf(options, order);
  if (target === undefined) {
    const text = "the task has no run.lambda, and no run.package with a digest";
    return refused("missing_function", text);
  }
  const forbidden = reasonToRefuse(options, target);
  if (forbidden !== undefined) return refused("missing_permission", forbidden);
  const payload = JSON.stringify(eventFor(order));
  const bytes = utf8Bytes(payload);
  if (bytes > asyncEventBytesMax) {
    const text = `the event has ${bytes} bytes, an asynchronous invocation takes ${asyncEventBytesMax}`;
    return refused("payload_too_large", text);
  }
  const call = {
    action: "lambda:InvokeFunction",
    target,
    // A second invocation after a lost answer would run the task twice.
    repeatUnclear: false,
    triesMax,
    ...(options.pace === undefined ? {} : { pace: options.pace }),
  };
  try {
    const answer = await tryAws(call, () =>
      options.client.send(
        new InvokeCommand({ FunctionName: target, InvocationType: "Event", Payload: payload }),
      ),
    );
    const requestId = answer.$metadata.requestId;
    return {
      outcome: "accepted",
      ...(requestId === undefined ? {} : { externalId: requestId }),
    };
  } catch (error) {
    return outcomeOf(error, target);
  }
}

/** The function to call: of what was deployed, the very version that the task was defined with. */
async function targetOf(
  { client, accountId }: LambdaBackendOptions,
  { tenant, run }: AttemptOrder,
): Promise<string | undefined> {
  if (run.package?.digest === undefined) return run.lambda?.functionArn;
  const region = await client.config.region();
  const qualified = `${lambdaNameOf(tenant, run.package.function)}:${lambdaAliasOf(run.package.digest)}`;
  return `arn:${partitionOf(region)}:lambda:${region}:${accountId}:function:${qualified}`;
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** What the function receives: the envelope, and the token that its destination record brings back. */
function eventFor(order: AttemptOrder) {
  const envelope = invocationEnvelope(order);
  return { ...envelope, attempt_token: order.token } satisfies AttemptCredential;
}

/** A task may name any ARN; the control plane lends its right to invoke to none of these. */
function reasonToRefuse(options: LambdaBackendOptions, arn: string): string | undefined {
  const [, , , , account, , name = ""] = arn.split(":");
  if (account !== options.accountId) {
    return `${arn} belongs to another account; only functions of ${options.accountId} are run`;
  }
  if (name.startsWith(options.controlPlaneFunctionPrefix)) {
    return `${name} is part of the control plane, which does not run itself`;
  }
  return undefined;
}

const classByErrorName: Readonly<Record<string, ErrorClass>> = {
  TooManyRequestsException: "throttled",
  ResourceNotFoundException: "missing_function",
  AccessDeniedException: "missing_permission",
  RequestTooLargeException: "payload_too_large",
  // Lambda says these with status 500 or 502, yet nothing was started.
  KMSAccessDeniedException: "missing_permission",
  KMSDisabledException: "missing_permission",
  KMSInvalidStateException: "missing_permission",
  KMSNotFoundException: "missing_permission",
  InvalidRuntimeException: "missing_function",
  ResourceConflictException: "no_capacity",
  ResourceNotReadyException: "no_capacity",
  SubnetIPAddressLimitReachedException: "no_capacity",
  ENILimitReachedException: "no_capacity",
  EC2ThrottledException: "throttled",
};

function outcomeOf(error: unknown, arn: string): StartOutcome {
  const fault = awsFaultOf(error);
  if (fault.kind === "bug") throw error;
  const name = nameOf(error);
  const message = `invoking ${arn} failed: ${name}: ${messageOf(error)}`;
  const known = Object.hasOwn(classByErrorName, name) ? classByErrorName[name] : undefined;
  if (known !== undefined) return refused(known, message);
  if (fault.kind === "unclear") {
    return { outcome: "unknown", error: { class: "backend_fault", message } };
  }
  const throttled = fault.kind === "busy" && !isConnectionFault(error);
  return refused(throttled ? "throttled" : "backend_fault", message);
}

/** No connection was made, so it was not Lambda that said no. */
function isConnectionFault(error: unknown): boolean {
  return error instanceof Error && "code" in error;
}

function refused(errorClass: ErrorClass, message: string): StartOutcome {
  return { outcome: "refused", error: { class: errorClass, message } };
}
