import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { acknowledgePattern } from "./acknowledge.ts";

/** A bucket as far as functions need to know it: one of CDK's, new or imported, fits. */
export interface PayloadsRef {
  readonly bucketName: string;
  readonly bucketArn: string;
}

type ObjectAction = "PutObject" | "GetObject" | "DeleteObject";

/** All payloads; each tenant's lie below its own name. */
const everyPayload = "T/*";

/** Lets a role deal with payloads, and lend those rights to one object at a time by signed URLs. */
export function grantPayloads(
  role: IRole,
  bucket: PayloadsRef,
  actions: readonly ObjectAction[],
): void {
  const payloads = `${bucket.bucketArn}/${everyPayload}`;
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: actions.map((action) => `s3:${action}`),
      resources: [payloads],
    }),
  );
  // Without it S3 answers 403 instead of 404 for what is not there.
  role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["s3:ListBucket"], resources: [bucket.bucketArn] }),
  );
  acknowledgePattern(
    role,
    payloads,
    "Payloads get their names as they come; the pattern is all of them and nothing else.",
  );
}
