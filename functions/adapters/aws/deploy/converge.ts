import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type FunctionCode,
  type FunctionConfiguration,
  GetAliasCommand,
  GetFunctionCommand,
  type GetFunctionCommandOutput,
  GetFunctionConfigurationCommand,
  PublishVersionCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { limits } from "../../../../shared/core/limits.ts";
import type { FunctionVersion } from "../../../../shared/function/function.ts";
import { lambdaAliasOf, lambdaNameOf } from "../../../../shared/function/lambda-name.ts";
import type { Said } from "../ask-aws.ts";
import { hasSettings, isOurs, settingsOf, tagsOf } from "./function-settings.ts";
import { ask, type LambdaPlatformOptions } from "./lambda-control.ts";

/** What one look at the function led to. */
export type Step =
  | { readonly step: "deployed"; readonly reference: string }
  | { readonly step: "refused"; readonly reason: string }
  /** Something was done, or others were faster: look again. */
  | { readonly step: "again" }
  /** Lambda is still at work on it. */
  | { readonly step: "wait" }
  /** A role that was made a moment ago is not known everywhere yet. */
  | { readonly step: "role"; readonly reason: string };

export interface Deployment {
  readonly options: LambdaPlatformOptions;
  readonly version: FunctionVersion;
  readonly code: FunctionCode;
}

const again: Step = { step: "again" };
const wait: Step = { step: "wait" };

/**
 * Looks at the function and does the one thing that brings it nearer to having this version behind
 * its alias. Every step tells from the function itself what is missing, so that it does not matter
 * who did the ones before; every change names the revision that it changes.
 */
export async function converge(deployment: Deployment): Promise<Step> {
  const { options, version } = deployment;
  const name = lambdaNameOf(version.tenant, version.name);
  const found = await ask(options, "GetFunction", name, () =>
    options.client.send(new GetFunctionCommand({ FunctionName: name })),
  );
  if (found.said === "missing") return create(deployment, name);
  if (found.said !== "yes") return afterAnswer(found);
  const foreign = reasonNotToTouch(deployment, name, found.value);
  if (foreign !== undefined) return { step: "refused", reason: foreign };
  const alias = await ask(options, "GetAlias", name, () =>
    options.client.send(
      new GetAliasCommand({ FunctionName: name, Name: lambdaAliasOf(version.digest) }),
    ),
  );
  if (alias.said === "yes") {
    const { Description, AliasArn = "" } = alias.value;
    if (Description === version.digest) return configureCalls(deployment, name, AliasArn);
    return { step: "refused", reason: `its alias stands for another version, ${Description}` };
  }
  if (alias.said !== "missing") return afterAnswer(alias);
  return change(deployment, name, found.value.Configuration ?? {});
}

async function create({ options, version, code }: Deployment, name: string): Promise<Step> {
  const created = await ask(options, "CreateFunction", name, () =>
    options.client.send(
      new CreateFunctionCommand({
        FunctionName: name,
        ...settingsOf(version, options),
        Code: code,
        PackageType: "Zip",
        Architectures: ["arm64"],
        Tags: tagsOf(version, options.owner),
      }),
    ),
  );
  return created.said === "yes" ? wait : afterAnswer(created);
}

/** Nothing is changed that somebody else made, here or elsewhere. */
function reasonNotToTouch(
  { options, version }: Deployment,
  name: string,
  { Configuration, Tags }: GetFunctionCommandOutput,
): string | undefined {
  const account = Configuration?.FunctionArn?.split(":")[4];
  if (account !== options.accountId) return `${name} belongs to another account`;
  if (isOurs(Tags, version, options.owner)) return undefined;
  return `there is a Lambda function ${name} that this control plane did not deploy; remove or rename it`;
}

/** Code first, settings next, and a version of both when they are there. */
async function change(
  deployment: Deployment,
  name: string,
  present: FunctionConfiguration,
): Promise<Step> {
  const { options, version, code } = deployment;
  const { client } = options;
  if (present.State === "Pending" || present.LastUpdateStatus === "InProgress") return wait;
  if (present.State === "Failed") {
    const reason = `Lambda could not make the function: ${present.StateReason ?? "no reason given"}; remove it and deploy it again`;
    return { step: "refused", reason };
  }
  const RevisionId = present.RevisionId;
  if (present.CodeSha256 !== codeSha256(version)) {
    const updated = await ask(options, "UpdateFunctionCode", name, () =>
      client.send(
        new UpdateFunctionCodeCommand({
          FunctionName: name,
          ...code,
          Architectures: ["arm64"],
          RevisionId,
        }),
      ),
    );
    return updated.said === "yes" ? wait : afterAnswer(updated);
  }
  if (!hasSettings(present, version, options)) {
    const updated = await ask(options, "UpdateFunctionConfiguration", name, () =>
      client.send(
        new UpdateFunctionConfigurationCommand({
          FunctionName: name,
          ...settingsOf(version, options),
          RevisionId,
        }),
      ),
    );
    return updated.said === "yes" ? wait : afterAnswer(updated);
  }
  if (present.LastUpdateStatus === "Failed") {
    const reason = `Lambda could not change the function: ${present.LastUpdateStatusReason ?? "no reason given"}`;
    return { step: "refused", reason };
  }
  return publish(deployment, name, RevisionId);
}

/** Names code and revision, so that what is published is what was looked at. */
async function publish(
  { options, version }: Deployment,
  name: string,
  RevisionId: string | undefined,
): Promise<Step> {
  const { client } = options;
  const published = await ask(options, "PublishVersion", name, () =>
    client.send(
      new PublishVersionCommand({
        FunctionName: name,
        CodeSha256: codeSha256(version),
        RevisionId,
      }),
    ),
  );
  // The code was changed in between: that is no fault of the settings.
  if (published.said === "no") return again;
  if (published.said !== "yes") return afterAnswer(published);
  const { Version: number, CodeSha256 } = published.value;
  const isIt = CodeSha256 === codeSha256(version) && hasSettings(published.value, version, options);
  if (number === undefined || !isIt) return again;
  const ready = await ask(options, "GetFunctionConfiguration", name, () =>
    client.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: number })),
  );
  if (ready.said === "yes" && ready.value.State === "Failed") {
    return { step: "refused", reason: `version ${number}: ${ready.value.StateReason}` };
  }
  if (ready.said !== "yes" || ready.value.State === "Pending") return wait;
  const aliased = await ask(options, "CreateAlias", name, () =>
    client.send(
      new CreateAliasCommand({
        FunctionName: name,
        Name: lambdaAliasOf(version.digest),
        FunctionVersion: number,
        // All of the digest: sixteen of its characters are only almost unique.
        Description: version.digest,
      }),
    ),
  );
  return aliased.said === "yes" ? again : afterAnswer(aliased);
}

/** Results and failures of asynchronous calls are reported, and trying again is ours to decide. */
async function configureCalls(
  { options, version }: Deployment,
  name: string,
  aliasArn: string,
): Promise<Step> {
  const destination = { Destination: options.completionQueueArn };
  const configured = await ask(options, "PutFunctionEventInvokeConfig", name, () =>
    options.client.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName: name,
        Qualifier: lambdaAliasOf(version.digest),
        MaximumRetryAttempts: 0,
        // An older event would only start work that was given up in the meantime.
        MaximumEventAgeInSeconds: limits.attemptTimeoutSecondsDefault,
        DestinationConfig: { OnSuccess: destination, OnFailure: destination },
      }),
    ),
  );
  if (configured.said === "yes") return { step: "deployed", reference: aliasArn };
  return afterAnswer(configured);
}

function afterAnswer(answer: Exclude<Said<unknown>, { said: "yes" }>): Step {
  if (answer.said !== "no") return again;
  if (/role .*cannot be assumed/i.test(answer.reason)) {
    return { step: "role", reason: answer.reason };
  }
  return { step: "refused", reason: answer.reason };
}

/** As Lambda writes it: in base 64. */
function codeSha256({ packageSha256 }: FunctionVersion): string {
  return Buffer.from(packageSha256, "hex").toString("base64");
}
