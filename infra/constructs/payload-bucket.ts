import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { payloadPrefixes } from "../../shared/contract/payload-keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { acknowledge } from "./acknowledge.ts";

export interface PayloadBucketProps {
  /**
   * Keeps the bucket and what is in it when its stack goes.
   * @default true
   */
  readonly protectData?: boolean;
}

const dayMs = 24 * 60 * 60 * 1_000;

/**
 * The longest that anything can still refer to a payload: the longest delay, the longest run after
 * it, and the time for which finished instances are kept; a month is added for repairs.
 */
const payloadKeepDays =
  Math.ceil(limits.delayMsMax / dayMs) +
  Math.ceil((limits.totalTimeoutSecondsMax * 1_000) / dayMs) +
  limits.finishedKeepDaysDefault +
  30;

/**
 * Inputs and outputs that are too large for a record, and packages of deployed functions; never
 * public, never without TLS. Packages of versions are under no rule of age: they are needed for as
 * long as their function is there.
 */
export class PayloadBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: PayloadBucketProps = {}) {
    super(scope, id);
    const protectData = props.protectData ?? true;
    this.bucket = new Bucket(this, "Bucket", {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // Keys that S3 manages: encrypted at rest without the monthly price of a key.
      encryption: BucketEncryption.S3_MANAGED,
      versioned: true,
      lifecycleRules: [
        {
          id: "everything",
          abortIncompleteMultipartUploadAfter: Duration.days(1),
          noncurrentVersionExpiration: Duration.days(30),
          expiredObjectDeleteMarker: true,
        },
        {
          id: "inputs-and-outputs",
          prefix: payloadPrefixes.instances,
          expiration: Duration.days(payloadKeepDays),
        },
        {
          id: "uploaded-packages",
          prefix: payloadPrefixes.packageUploads,
          expiration: Duration.days(Math.ceil(limits.packageUploadKeepMs / dayMs)),
          noncurrentVersionExpiration: Duration.days(1),
        },
      ],
      removalPolicy: protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    acknowledge(this.bucket, {
      "AwsSolutions-S1":
        "Server access logs need a second bucket that grows for ever; who reads payloads is recorded by CloudTrail data events, which the account's owner turns on where it matters.",
    });
  }
}
