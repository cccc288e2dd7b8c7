import type { LambdaClient } from "@aws-sdk/client-lambda";
import { askAws, type Meanings, type Said } from "../ask-aws.ts";
import type { Pace } from "../dynamo/table-access.ts";

/** Where a package of more than the direct limit lies. */
export interface PackageObject {
  readonly bucket: string;
  readonly key: string;
}

export interface LambdaPlatformOptions {
  /** With room for uploads in its time limits. */
  readonly client: LambdaClient;
  /** Functions of other accounts are never touched. */
  readonly accountId: string;
  /** Functions whose name starts with this are the control plane's own and are never touched. */
  readonly controlPlaneFunctionPrefix: string;
  /** Written on what is deployed; only what carries it is changed or removed. */
  readonly owner: string;
  /** What deployed functions may do. */
  readonly roleArn: string;
  /** Where attempts report. */
  readonly completionQueueArn: string;
  /** Where they log; absent: a group of each function's own. */
  readonly logGroup?: string;
  /** For packages too large to be sent along. */
  readonly objectOf?: (tenant: string, packageId: string) => PackageObject;
  readonly pace?: Pace;
}

const triesMax = 8;

const meanings: Meanings = {
  ResourceNotFoundException: "missing",
  ResourceConflictException: "conflict",
  PreconditionFailedException: "conflict",
  InvalidParameterValueException: "no",
  ValidationException: "no",
  CodeStorageExceededException: "no",
  CodeVerificationFailedException: "no",
  CodeSigningConfigNotFoundException: "no",
  InvalidCodeSignatureException: "no",
  RequestTooLargeException: "no",
};

/**
 * Asks until there is an answer. Each request is made again after a lost answer: it either is
 * harmless twice, or names the revision that it changes, so that the second one is a conflict.
 */
export async function ask<Value>(
  { pace }: Pick<LambdaPlatformOptions, "pace">,
  action: string,
  target: string,
  send: () => Promise<Value>,
): Promise<Said<Value>> {
  const call = {
    action: `lambda:${action}`,
    target,
    repeatUnclear: true,
    triesMax,
    ...(pace === undefined ? {} : { pace }),
  };
  return askAws(call, meanings, send);
}
