import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { payloadPrefixes } from "../../shared/contract/payload-keys.ts";
import { acknowledgePattern } from "./acknowledge.ts";

/** A bucket as far as functions need to know it: one of CDK's, new or imported, fits. */
export interface PayloadsRef {
  readonly bucketName: string;
  readonly bucketArn: string;
}

type ObjectAction = "PutObject" | "GetObject" | "DeleteObject";

/** What a role may do with which payloads; what is not named it cannot reach. */
export type PayloadAccess = Readonly<
  Partial<Record<keyof typeof payloadPrefixes, readonly ObjectAction[]>>
>;

/** Lets a role deal with payloads, and lend those rights to one object at a time by signed URLs. */
export function grantPayloads(role: IRole, bucket: PayloadsRef, access: PayloadAccess): void {
  for (const [kind, prefix] of Object.entries(payloadPrefixes)) {
    const actions = access[kind as keyof PayloadAccess];
    if (actions === undefined) continue;
    const payloads = `${bucket.bucketArn}/${prefix}*`;
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: actions.map((action) => `s3:${action}`),
        resources: [payloads],
      }),
    );
    acknowledgePattern(
      role,
      payloads,
      "Payloads get their names as they come; the pattern is all of one kind and nothing else.",
    );
  }
  // Without it S3 answers 403 instead of 404 for what is not there.
  role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["s3:ListBucket"], resources: [bucket.bucketArn] }),
  );
}
