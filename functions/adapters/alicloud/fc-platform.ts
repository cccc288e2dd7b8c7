import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type * as Sdk from "@alicloud/fc20230330";
import { TransientError } from "../../../shared/core/errors.ts";
import type { JsonValue } from "../../../shared/core/json.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { FunctionVersion } from "../../../shared/function/function.ts";
import { versionNameOf, versionPrefixOf } from "../../../shared/function/lambda-name.ts";
import type {
  DeployOutcome,
  FunctionPlatform,
  InvokeOutcome,
  PlatformFunctionState,
} from "../../../shared/ports/function-platform.ts";
import {
  askFc,
  type FcClient,
  type FcPace,
  type FcSdkClient,
  partsOf,
  realFcPace,
} from "./fc-client.ts";
import type { FcConfig } from "./fc-config.ts";

export interface FcOptions extends FcClient {
  readonly config: FcConfig;
  readonly pace?: FcPace;
}

const directBytesMax = 50_000_000;
const stepsMax = 120;
const waitMs = 1_500;
const memoryStepMb = 64;
const listedAtOnce = 100;

/**
 * Function Compute 3.0 as a place for functions. Its functions cannot be changed on the condition
 * that nobody else changed them, so each version is a function of its own that is never changed:
 * whoever deploys it makes the same one.
 */
export function openFcPlatform(options: FcOptions): FunctionPlatform {
  return {
    name: "alicloud-fc",
    deploy: (version, packageBytes) => deploy(options, version, packageBytes),
    async status(version) {
      const found = await getFunction(options, version);
      if (found === undefined) return { state: "missing" };
      const { stateReason, lastModifiedTime, timeout, memorySize } = found;
      return {
        state: stateOf(found.state),
        runtime: version.spec.runtime,
        ...(stateReason === undefined ? {} : { reason: stateReason }),
        ...(lastModifiedTime === undefined ? {} : { lastModifiedAt: lastModifiedTime }),
        ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
        ...(memorySize === undefined ? {} : { memoryMb: memorySize }),
      };
    },
    invoke: (version, event) => invoke(options, version, event),
    remove: (tenant, name) => remove(options, tenant, name),
  };
}

async function deploy(
  options: FcOptions,
  version: FunctionVersion,
  packageBytes: Uint8Array,
): Promise<DeployOutcome> {
  const { config, pace = realFcPace } = options;
  const name = nameOf(version);
  if (packageBytes.byteLength > directBytesMax) {
    const reason = `the package has ${packageBytes.byteLength} bytes, alicloud-fc gets at most ${directBytesMax}`;
    return { outcome: "refused", reason };
  }
  for (let steps = 0; steps < stepsMax; steps++) {
    const found = await getFunction(options, version);
    if (found === undefined) {
      const refusal = await create(options, version, packageBytes);
      if (refusal !== undefined) return { outcome: "refused", reason: refusal };
      continue;
    }
    if (found.description !== markOf(config.owner, version)) {
      const reason = `there is a function ${name} that this control plane did not deploy; remove or rename it`;
      return { outcome: "refused", reason };
    }
    const state = stateOf(found.state);
    if (state === "failed") {
      return { outcome: "refused", reason: `${name}: ${found.stateReason ?? "it failed"}` };
    }
    if (state === "active") {
      await keepAsyncTasks(options, name);
      const reference = `acs:fc:${config.region}:${config.accountId}:functions/${name}`;
      return { outcome: "deployed", reference };
    }
    await pace.sleep(waitMs);
  }
  throw new TransientError(`${name} was not ready in time; it is tried again`);
}

/** Answers why it cannot be made; undefined also when somebody else was faster. */
async function create(
  { client, sdk, config, pace = realFcPace }: FcOptions,
  version: FunctionVersion,
  packageBytes: Uint8Array,
): Promise<string | undefined> {
  const { spec } = version;
  const runtime = config.runtimes[spec.runtime];
  if (runtime === undefined) return `alicloud-fc has no runtime for ${spec.runtime}`;
  const memoryMb = Math.ceil(spec.memoryMb / memoryStepMb) * memoryStepMb;
  const body = new sdk.CreateFunctionInput({
    functionName: nameOf(version),
    description: markOf(config.owner, version),
    runtime,
    handler: spec.handler,
    memorySize: memoryMb,
    cpu: cpuOf(memoryMb),
    diskSize: 512,
    timeout: spec.timeoutSeconds,
    instanceConcurrency: 1,
    environmentVariables: { ...spec.environment },
    internetAccess: true,
    ...(config.role === undefined ? {} : { role: config.role }),
    code: new sdk.InputCodeLocation({ zipFile: Buffer.from(packageBytes).toString("base64") }),
  });
  const created = await askFc("CreateFunction", pace, () =>
    client.createFunctionWithOptions(new sdk.CreateFunctionRequest({ body }), {}, noOptions()),
  );
  return created.said === "no" ? created.reason : undefined;
}

/** Keeps what becomes of calls, for us to ask; trying again is ours to decide. */
async function keepAsyncTasks(
  { client, sdk, pace = realFcPace }: FcOptions,
  name: string,
): Promise<void> {
  const body = new sdk.PutAsyncInvokeConfigInput({
    asyncTask: true,
    maxAsyncRetryAttempts: 0,
    maxAsyncEventAgeInSeconds: limits.attemptTimeoutSecondsDefault,
  });
  const put = await askFc("PutAsyncInvokeConfig", pace, () =>
    client.putAsyncInvokeConfigWithOptions(
      name,
      new sdk.PutAsyncInvokeConfigRequest({ body, qualifier: "LATEST" }),
      {},
      noOptions(),
    ),
  );
  if (put.said !== "yes") throw new TransientError(`${name}: its calls could not be configured`);
}

async function getFunction(
  { client, sdk, pace = realFcPace }: FcOptions,
  version: FunctionVersion,
): Promise<Sdk.Function | undefined> {
  const found = await askFc("GetFunction", pace, () =>
    client.getFunctionWithOptions(nameOf(version), new sdk.GetFunctionRequest({}), {}, noOptions()),
  );
  if (found.said === "missing") return undefined;
  if (found.said === "yes" && found.value.body !== undefined) return found.value.body;
  throw new TransientError(`${nameOf(version)} could not be read`);
}

async function invoke(
  { client, sdk }: FcOptions,
  version: FunctionVersion,
  event: JsonValue,
): Promise<InvokeOutcome> {
  const body = Readable.from([Buffer.from(JSON.stringify(event))]);
  const headers = new sdk.InvokeFunctionHeaders({
    xFcInvocationType: "Sync",
    xFcLogType: "Tail",
  });
  try {
    const answer = await client.invokeFunctionWithOptions(
      nameOf(version),
      new sdk.InvokeFunctionRequest({ body, qualifier: "LATEST" }),
      headers,
      noOptions(),
    );
    const text = answer.body === undefined ? "" : (await buffer(answer.body)).toString("utf8");
    const tail = answer.headers?.["x-fc-log-result"];
    const log = tail === undefined ? {} : { log: Buffer.from(tail, "base64").toString("utf8") };
    if (answer.headers?.["x-fc-error-type"] !== undefined) {
      return { outcome: "failed", error: text, ...log };
    }
    return { outcome: "returned", output: jsonOrText(text), ...log };
  } catch (error) {
    const { code, message } = partsOf(error);
    return { outcome: "failed", error: `it could not be called: ${code}: ${message}` };
  }
}

/** All versions, and nothing that only has a name like theirs. */
async function remove(options: FcOptions, tenant: string, name: string): Promise<boolean> {
  const { client, sdk, config, pace = realFcPace } = options;
  const prefix = versionPrefixOf(tenant, name);
  const mark = `${markPrefixOf(config.owner, tenant, name)}@`;
  let removed = false;
  let nextToken: string | undefined;
  do {
    const request = new sdk.ListFunctionsRequest({
      prefix,
      limit: listedAtOnce,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    const page = await askFc("ListFunctions", pace, () =>
      client.listFunctionsWithOptions(request, {}, noOptions()),
    );
    if (page.said !== "yes") throw new TransientError(`the functions ${prefix}… cannot be listed`);
    for (const { functionName, description } of page.value.body?.functions ?? []) {
      if (functionName === undefined || description?.startsWith(mark) !== true) continue;
      const deleted = await askFc("DeleteFunction", pace, () =>
        client.deleteFunctionWithOptions(functionName, {}, noOptions()),
      );
      if (deleted.said === "no") throw new TransientError(deleted.reason);
      removed = true;
    }
    nextToken = page.value.body?.nextToken;
  } while (nextToken !== undefined && nextToken !== "");
  return removed;
}

function nameOf({ tenant, name, digest }: FunctionVersion): string {
  return versionNameOf(tenant, name, digest);
}

/** Says whose a function is, and all of the digest that its name has only the beginning of. */
function markOf(owner: string, { tenant, name, digest }: FunctionVersion): string {
  return `${markPrefixOf(owner, tenant, name)}@${digest}`;
}

function markPrefixOf(owner: string, tenant: string, name: string): string {
  return `${owner} ${tenant}/${name}`;
}

/** One core to two gigabytes, in the steps that there are. */
function cpuOf(memoryMb: number): number {
  return Math.max(0.05, Math.ceil((memoryMb / 2_048) * 20) / 20);
}

function stateOf(state: string | undefined): PlatformFunctionState {
  if (state === "Pending") return "pending";
  return state === "Failed" ? "failed" : "active";
}

function jsonOrText(text: string): JsonValue {
  try {
    return text === "" ? null : (JSON.parse(text) as JsonValue);
  } catch {
    return text;
  }
}

type CallOptions = Parameters<FcSdkClient["getFunctionWithOptions"]>[3];

/** The client was opened with all the options there are. */
export function noOptions(): CallOptions {
  return {} as CallOptions;
}
