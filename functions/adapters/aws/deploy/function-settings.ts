import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { deployedTags, invocableTag } from "../../../../shared/contract/function-tags.ts";
import type { FunctionVersion } from "../../../../shared/function/function.ts";
import type { LambdaPlatformOptions } from "./lambda-control.ts";

const descriptionCharsMax = 256;

/** What a version's settings are called by Lambda; the same for creating and changing a function. */
export function settingsOf({ spec }: FunctionVersion, options: LambdaPlatformOptions) {
  return {
    Description: (spec.description ?? "").slice(0, descriptionCharsMax),
    Runtime: spec.runtime,
    Handler: spec.handler,
    MemorySize: spec.memoryMb,
    Timeout: spec.timeoutSeconds,
    Role: options.roleArn,
    Environment: { Variables: spec.environment },
    ...(options.logGroup === undefined
      ? {}
      : { LoggingConfig: { LogGroup: options.logGroup, LogFormat: "Text" as const } }),
  };
}

/** True when a function has just these settings. */
export function hasSettings(
  present: FunctionConfiguration,
  version: FunctionVersion,
  options: LambdaPlatformOptions,
): boolean {
  const wanted = settingsOf(version, options);
  return (
    (present.Description ?? "") === wanted.Description &&
    present.Runtime === wanted.Runtime &&
    present.Handler === wanted.Handler &&
    present.MemorySize === wanted.MemorySize &&
    present.Timeout === wanted.Timeout &&
    present.Role === wanted.Role &&
    (options.logGroup === undefined || present.LoggingConfig?.LogGroup === options.logGroup) &&
    sameVariables(present.Environment?.Variables ?? {}, wanted.Environment.Variables)
  );
}

function sameVariables(
  present: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(wanted);
  return (
    names.length === Object.keys(present).length &&
    names.every((name) => present[name] === wanted[name])
  );
}

/** Marks a function as ours, as this tenant's, and as one that may be run. */
export function tagsOf(
  { tenant, name }: Pick<FunctionVersion, "tenant" | "name">,
  owner: string,
): Record<string, string> {
  return {
    [invocableTag.key]: invocableTag.value,
    [deployedTags.managedBy]: owner,
    [deployedTags.tenant]: tenant,
    [deployedTags.function]: name,
  };
}

/** True for a function that this control plane deployed for this tenant under this name. */
export function isOurs(
  present: Readonly<Record<string, string>> | undefined,
  version: Pick<FunctionVersion, "tenant" | "name">,
  owner: string,
): boolean {
  return Object.entries(tagsOf(version, owner)).every(([key, value]) => present?.[key] === value);
}
