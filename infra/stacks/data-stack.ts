import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { DeploymentOptions } from "../config.ts";
import { acknowledge } from "../constructs/acknowledge.ts";
import { PayloadBucket } from "../constructs/payload-bucket.ts";
import { SwitchyardTable } from "../constructs/switchyard-table.ts";

export interface DataStackProps extends StackProps {
  readonly options: DeploymentOptions;
}

/** What must survive every deployment: alone in a stack, so that its logical ids never move. */
export class DataStack extends Stack {
  readonly table: TableV2;
  readonly payloads: Bucket;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    const { options, ...stackProps } = props;
    super(scope, id, {
      ...stackProps,
      description: `Switchyard ${options.stage}: what is stored`,
      terminationProtection: options.protectData,
    });
    const { protectData } = options;
    this.table = new SwitchyardTable(this, "Records", { protectData }).table;
    this.payloads = new PayloadBucket(this, "Payloads", { protectData }).bucket;
    if (!protectData) {
      acknowledge(this.table, {
        "Switchyard::table-protection":
          "The stage declares its data disposable (protectData: false), so that the stack can be removed in one step.",
      });
    }
    new CfnOutput(this, "TableName", {
      value: this.table.tableName,
      description: "The table that holds every record",
    });
    new CfnOutput(this, "PayloadBucketName", {
      value: this.payloads.bucketName,
      description: "The bucket for payloads above the inline limit",
    });
  }
}
