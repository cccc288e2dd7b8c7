import { Duration } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  StartingPosition,
} from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { tableAttributes } from "../../shared/contract/table.ts";
import { acknowledge } from "./acknowledge.ts";
import type { SwitchyardFunction } from "./lambda/switchyard-function.ts";
import type { TableRef } from "./lambda/table-access.ts";
import { grantSend } from "./queue-access.ts";
import { queueDestination } from "./queue-destination.ts";

export interface ChangeFeedProps {
  /** A table with a stream of new images. */
  readonly table: TableRef;
  readonly observer: SwitchyardFunction<"observe">;
  /** Gets a note about each batch that was given up; the note says where in the stream it is. */
  readonly deadLetters: IQueue;
  /**
   * How long changes are gathered before the observer is called.
   * @default Duration.seconds(5)
   */
  readonly batchWindow?: Duration;
}

/**
 * Hands the table's stream to the observer: in order within a shard, one batch of a shard at a time.
 * Lambda reads the stream of a table for nothing, so following it costs only the calls.
 */
export class ChangeFeed extends Construct {
  constructor(scope: Construct, id: string, props: ChangeFeedProps) {
    super(scope, id);
    const { observer, deadLetters } = props;
    const streamArn = streamOf(props.table);
    this.allowReading(observer, streamArn);
    grantSend(observer.role, deadLetters);
    const mapping = new EventSourceMapping(this, "Mapping", {
      target: observer.function,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      // The observer's own records, rollups and checkpoints, must never call it again.
      filters: [instancesOnly()],
      batchSize: 200,
      maxBatchingWindow: props.batchWindow ?? Duration.seconds(5),
      parallelizationFactor: 1,
      // Windows make the event name its shard, by which the observer keeps its checkpoint. Their
      // state is not used, so they are as long as Lambda allows: each ends with one more call.
      tumblingWindow: Duration.minutes(15),
      reportBatchItemFailures: true,
      // A record that always fails is cornered by halving its batch. Tries are many because a
      // fault of DynamoDB or EventBridge fails every record; the age leaves half of the stream's
      // day to look at what was given up.
      bisectBatchOnError: true,
      retryAttempts: 1_000,
      maxRecordAge: Duration.hours(12),
      onFailure: queueDestination(deadLetters),
    });
    mapping.node.addDependency(observer.role);
  }

  private allowReading(observer: SwitchyardFunction<"observe">, streamArn: string): void {
    observer.role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        resources: [streamArn],
      }),
    );
    observer.role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ["dynamodb:ListStreams"], resources: ["*"] }),
    );
    const listing =
      "Lambda's stream pollers list streams, an action that takes no resource; it shows the names of tables and nothing in them.";
    acknowledge(observer.role, {
      "AwsSolutions-IAM5[Resource::*]": listing,
      "Switchyard::unconditional-resource": listing,
    });
  }
}

/** A record of another type, or a deletion, which has no new image, does not match. */
function instancesOnly() {
  return FilterCriteria.filter({
    dynamodb: { NewImage: { [tableAttributes.type]: { S: FilterRule.isEqual("instance") } } },
  });
}

function streamOf(table: TableRef): string {
  if (table.tableStreamArn === undefined) {
    throw new Error("The table has no stream: the observer has nothing to follow");
  }
  return table.tableStreamArn;
}
