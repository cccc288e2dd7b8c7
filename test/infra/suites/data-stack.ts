import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import type { SwitchyardStacks } from "../../../infra/switchyard-app.ts";
import { payloadPrefixes } from "../../../shared/contract/payload-keys.ts";
import { tableAttributes, tableIndexes } from "../../../shared/contract/table.ts";
import { limits } from "../../../shared/core/limits.ts";

const table = "AWS::DynamoDB::GlobalTable";

export function describeDataStack(stacks: SwitchyardStacks): void {
  describe("the data stack", () => {
    const template = Template.fromStack(stacks.data);

    /** After how long what begins so expires; "everything" stands for a rule without a prefix. */
    const expiries = (): Readonly<Record<string, number>> => {
      const [bucket] = Object.values(template.findResources("AWS::S3::Bucket"));
      const rules: { Prefix?: string; ExpirationInDays?: number }[] =
        bucket?.Properties.LifecycleConfiguration.Rules ?? [];
      const expiring = rules.flatMap(({ Prefix = "everything", ExpirationInDays: days }) =>
        days === undefined ? [] : [[Prefix, days * 86_400_000] as const],
      );
      return Object.fromEntries(expiring);
    };

    it("holds the table with the keys and indexes of the contract, paid per request", () => {
      const index = (name: string, partition: string, sort: string) => ({
        IndexName: name,
        KeySchema: [
          { AttributeName: partition, KeyType: "HASH" },
          { AttributeName: sort, KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      });
      template.hasResourceProperties(table, {
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [
          { AttributeName: tableAttributes.partition, KeyType: "HASH" },
          { AttributeName: tableAttributes.sort, KeyType: "RANGE" },
        ],
        GlobalSecondaryIndexes: Object.values(tableIndexes).map((each) =>
          index(each.name, each.partition, each.sort),
        ),
        StreamSpecification: { StreamViewType: "NEW_IMAGE" },
        TimeToLiveSpecification: { AttributeName: tableAttributes.expires, Enabled: true },
      });
    });

    it("keeps the table recoverable, undeletable, and alive after the stack", () => {
      template.hasResource(table, {
        DeletionPolicy: "Retain",
        UpdateReplacePolicy: "Retain",
        Properties: {
          Replicas: [
            Match.objectLike({
              DeletionProtectionEnabled: true,
              PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            }),
          ],
        },
      });
      expect(stacks.data.terminationProtection).toBe(true);
    });

    it("keeps payloads private, versioned and encrypted, and lets go of them in the end", () => {
      template.hasResource("AWS::S3::Bucket", {
        DeletionPolicy: "Retain",
        Properties: {
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: true,
            BlockPublicPolicy: true,
            IgnorePublicAcls: true,
            RestrictPublicBuckets: true,
          },
          VersioningConfiguration: { Status: "Enabled" },
          BucketEncryption: Match.anyValue(),
          LifecycleConfiguration: {
            Rules: Match.arrayWith([
              Match.objectLike({
                Status: "Enabled",
                AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
              }),
            ]),
          },
        },
      });
      template.hasResourceProperties("AWS::S3::BucketPolicy", {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: "Deny",
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            }),
          ]),
        },
      });
    });

    it("keeps a payload longer than anything can still refer to it", () => {
      expect(expiries()[payloadPrefixes.instances]).toBeGreaterThan(
        limits.delayMsMax + limits.totalTimeoutSecondsMax * 1_000,
      );
    });

    it("keeps a version's package by no rule of age, and an upload of one for some days", () => {
      expect(expiries()).toEqual({
        [payloadPrefixes.instances]: expect.any(Number),
        [payloadPrefixes.packageUploads]: limits.packageUploadKeepMs,
      });
    });

    it("names the table for whoever looks for it", () => {
      template.hasOutput("TableName", { Value: Match.anyValue() });
    });
  });
}
