import {
  DeleteFunctionCommand,
  type FunctionCode,
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { TransientError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import { environmentBytes, type FunctionVersion } from "../../../shared/function/function.ts";
import { lambdaAliasOf, lambdaNameOf } from "../../../shared/function/lambda-name.ts";
import type {
  DeployOutcome,
  FunctionPlatform,
  PlatformFunctionStatus,
} from "../../../shared/ports/function-platform.ts";
import { converge } from "./deploy/converge.ts";
import { isOurs } from "./deploy/function-settings.ts";
import { invokeAndWait } from "./deploy/invoke-and-wait.ts";
import { ask, type LambdaPlatformOptions } from "./deploy/lambda-control.ts";
import { realPace } from "./dynamo/table-access.ts";

export type { LambdaPlatformOptions };

/** What Lambda takes together with a request; anything larger it fetches from a bucket. */
const directBytesMax = 50_000_000;
/** Some four minutes of waiting altogether: as long as whoever calls this has. */
const stepsMax = 160;
const roleTriesMax = 12;
const waitMs = 1_500;

/**
 * Lambda as a place for functions. A function has one name; each version that was ever deployed has
 * an alias of its own, named by its digest, which never moves: attempts of a task that was defined
 * with one version keep running that one.
 */
export function openLambdaPlatform(options: LambdaPlatformOptions): FunctionPlatform {
  return {
    name: "lambda",
    deploy: (version, packageBytes) => deploy(options, version, packageBytes),
    status: (version) => status(options, version),
    invoke: (version, event) => invokeAndWait(options, version, event),
    remove: (tenant, name) => remove(options, tenant, name),
  };
}

async function deploy(
  options: LambdaPlatformOptions,
  version: FunctionVersion,
  packageBytes: Uint8Array,
): Promise<DeployOutcome> {
  const refusal = reasonToRefuse(options, version);
  if (refusal !== undefined) return { outcome: "refused", reason: refusal };
  const code = codeOf(options, version, packageBytes);
  if (code === undefined) {
    const reason = `the package has ${packageBytes.byteLength} bytes; more than ${directBytesMax} need a bucket`;
    return { outcome: "refused", reason };
  }
  const { random, sleep } = options.pace ?? realPace;
  let roleTries = 0;
  for (let steps = 0; steps < stepsMax; steps++) {
    const step = await converge({ options, version, code });
    switch (step.step) {
      case "deployed":
        return { outcome: "deployed", reference: step.reference };
      case "refused":
        return { outcome: "refused", reason: step.reason };
      case "role":
        roleTries += 1;
        if (roleTries >= roleTriesMax) return { outcome: "refused", reason: step.reason };
        await sleep(waitMs);
        break;
      case "wait":
        await sleep(waitMs * (0.5 + random.next() / 2));
        break;
      case "again":
        // Two that deploy different versions at once must not stay in step with each other.
        await sleep(200 * random.next());
    }
  }
  throw new TransientError(
    `Lambda did not get the function ${version.name} ready in time; it is tried again`,
  );
}

function reasonToRefuse(
  { controlPlaneFunctionPrefix }: LambdaPlatformOptions,
  { tenant, name, spec }: FunctionVersion,
): string | undefined {
  const lambdaName = lambdaNameOf(tenant, name);
  if (lambdaName.startsWith(controlPlaneFunctionPrefix)) {
    return `${lambdaName} is a name of the control plane itself`;
  }
  const bytes = environmentBytes(spec.environment);
  if (bytes > limits.functionEnvironmentBytesMax) {
    return `the environment has ${bytes} bytes, Lambda takes ${limits.functionEnvironmentBytesMax}`;
  }
  return undefined;
}

function codeOf(
  { objectOf }: LambdaPlatformOptions,
  { tenant, packageId }: FunctionVersion,
  packageBytes: Uint8Array,
): FunctionCode | undefined {
  if (packageBytes.byteLength <= directBytesMax) return { ZipFile: packageBytes };
  const object = objectOf?.(tenant, packageId);
  return object === undefined ? undefined : { S3Bucket: object.bucket, S3Key: object.key };
}

async function status(
  options: LambdaPlatformOptions,
  { tenant, name, digest }: FunctionVersion,
): Promise<PlatformFunctionStatus> {
  const FunctionName = lambdaNameOf(tenant, name);
  const found = await ask(options, "GetFunctionConfiguration", FunctionName, () =>
    options.client.send(
      new GetFunctionConfigurationCommand({ FunctionName, Qualifier: lambdaAliasOf(digest) }),
    ),
  );
  if (found.said === "missing") return { state: "missing" };
  if (found.said !== "yes") return { state: "pending", reason: found.reason };
  return statusOf(found.value);
}

function statusOf(present: FunctionConfiguration): PlatformFunctionStatus {
  const { State, LastUpdateStatus } = present;
  const failed = State === "Failed" || LastUpdateStatus === "Failed";
  const pending = State === "Pending" || LastUpdateStatus === "InProgress";
  const reason = present.StateReason ?? present.LastUpdateStatusReason;
  return {
    // An inactive function was idle for weeks; the next call wakes it.
    state: failed ? "failed" : pending ? "pending" : "active",
    ...(reason === undefined ? {} : { reason }),
    ...(present.LastModified === undefined ? {} : { lastModifiedAt: present.LastModified }),
    ...(present.Runtime === undefined ? {} : { runtime: present.Runtime }),
    ...(present.Timeout === undefined ? {} : { timeoutSeconds: present.Timeout }),
    ...(present.MemorySize === undefined ? {} : { memoryMb: present.MemorySize }),
  };
}

async function remove(
  options: LambdaPlatformOptions,
  tenant: string,
  name: string,
): Promise<boolean> {
  const FunctionName = lambdaNameOf(tenant, name);
  if (FunctionName.startsWith(options.controlPlaneFunctionPrefix)) return false;
  const found = await ask(options, "GetFunction", FunctionName, () =>
    options.client.send(new GetFunctionCommand({ FunctionName })),
  );
  if (found.said === "missing") return false;
  if (found.said !== "yes") {
    throw new TransientError(`${FunctionName} was not removed: ${found.reason}`);
  }
  if (!isOurs(found.value.Tags, { tenant, name }, options.owner)) return false;
  const deleted = await ask(options, "DeleteFunction", FunctionName, () =>
    options.client.send(new DeleteFunctionCommand({ FunctionName })),
  );
  // Missing: an answer was lost before, or somebody else was faster.
  if (deleted.said === "yes" || deleted.said === "missing") return true;
  throw new TransientError(`${FunctionName} was not removed: ${deleted.reason}`);
}
