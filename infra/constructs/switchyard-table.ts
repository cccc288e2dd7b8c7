import { RemovalPolicy } from "aws-cdk-lib";
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import { tableAttributes, tableIndexes } from "../../shared/contract/table.ts";

export interface SwitchyardTableProps {
  /**
   * Keeps the table when its stack goes, and refuses to delete it until somebody says otherwise.
   * @default true
   */
  readonly protectData?: boolean;
}

/** The one table: instances, attempts, definitions, rollups, checkpoints; its stream is the feed. */
export class SwitchyardTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: SwitchyardTableProps = {}) {
    super(scope, id);
    const protectData = props.protectData ?? true;
    this.table = new TableV2(this, "Table", {
      partitionKey: text(tableAttributes.partition),
      sortKey: text(tableAttributes.sort),
      // Pay per request: an idle table costs its bytes and nothing else.
      billing: Billing.onDemand(),
      // Sparse, and keys only: an index row is a place to look, never a copy to trust.
      globalSecondaryIndexes: Object.values(tableIndexes).map((index) => ({
        indexName: index.name,
        partitionKey: text(index.partition),
        sortKey: text(index.sort),
        projectionType: ProjectionType.KEYS_ONLY,
      })),
      // Only the new image: what changed is told by the record's own history.
      dynamoStream: StreamViewType.NEW_IMAGE,
      timeToLiveAttribute: tableAttributes.expires,
      // Owned by DynamoDB: encrypted at rest without the monthly price of a key.
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: protectData,
      removalPolicy: protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}

function text(name: string) {
  return { name, type: AttributeType.STRING };
}
