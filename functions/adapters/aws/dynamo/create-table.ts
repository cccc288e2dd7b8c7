import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { tableAttributes, tableIndexes } from "../../../../shared/contract/table.ts";
import { TerminalError, TransientError } from "../../../../shared/core/errors.ts";
import { silentMeter } from "../../../../shared/ports/meter.ts";
import { withRetries } from "./retries.ts";
import { type Pace, realPace, type TableAccess } from "./table-access.ts";

const waits = { pollMs: 200, totalMsMax: 60_000 } as const;

/** The table as infra deploys it, for local servers and tests; refuses one of another shape. */
export async function ensureTable(
  client: DynamoDBClient,
  tableName: string,
  pace: Pace = realPace,
): Promise<void> {
  const table: TableAccess = { client, tableName, meter: silentMeter, pace };
  if ((await describe(table)) === undefined) await create(table);
  const present = await untilActive(table);
  const difference = differenceOf(tableShape(tableName), present);
  if (difference !== undefined) {
    throw new TerminalError(
      `Table ${tableName} exists, but ${difference}: choose another name, or delete it.`,
    );
  }
  await ensureTimeToLive(table);
}

/** Keys, sparse KEYS_ONLY indexes, stream of new images, on-demand; all from shared/contract/table.ts. */
function tableShape(tableName: string) {
  const { partition, sort } = tableAttributes;
  const indexes = Object.values(tableIndexes);
  const keyAttributes = [
    partition,
    sort,
    ...indexes.flatMap((each) => [each.partition, each.sort]),
  ];
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: keyAttributes.map((name) => ({
      AttributeName: name,
      AttributeType: "S" as const,
    })),
    KeySchema: keySchema({ partition, sort }),
    GlobalSecondaryIndexes: indexes.map((each) => ({
      IndexName: each.name,
      KeySchema: keySchema(each),
      Projection: { ProjectionType: "KEYS_ONLY" as const },
    })),
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
  } satisfies CreateTableCommandInput;
}

function keySchema(names: {
  readonly partition: string;
  readonly sort: string;
}): KeySchemaElement[] {
  return [
    { AttributeName: names.partition, KeyType: "HASH" },
    { AttributeName: names.sort, KeyType: "RANGE" },
  ];
}

async function describe(table: TableAccess): Promise<TableDescription | undefined> {
  const command = new DescribeTableCommand({ TableName: table.tableName });
  const answer = await withRetries(table, "dynamodb:DescribeTable", { afterUnclear: true }, () =>
    table.client.send(command).catch((error: unknown) => {
      if (isNamed(error, "ResourceNotFoundException")) return undefined;
      throw error;
    }),
  );
  return answer?.Table;
}

async function create(table: TableAccess): Promise<void> {
  const command = new CreateTableCommand(tableShape(table.tableName));
  await withRetries(table, "dynamodb:CreateTable", { afterUnclear: true }, () =>
    table.client.send(command).catch((error: unknown) => {
      // Somebody else, or our own unanswered try, creates it at this moment.
      if (!isNamed(error, "ResourceInUseException")) throw error;
    }),
  );
}

async function untilActive(table: TableAccess): Promise<TableDescription> {
  const { clock, sleep } = table.pace;
  const startedAtMs = clock.now();
  for (;;) {
    const present = await describe(table);
    if (present?.TableStatus === "ACTIVE") return present;
    if (clock.now() - startedAtMs > waits.totalMsMax) {
      throw new TransientError(
        `Table ${table.tableName} is still ${present?.TableStatus ?? "absent"} after ${waits.totalMsMax / 1_000} s.`,
      );
    }
    await sleep(waits.pollMs);
  }
}

async function ensureTimeToLive(table: TableAccess): Promise<void> {
  const { client, tableName } = table;
  const rule = { afterUnclear: true };
  const answer = await withRetries(table, "dynamodb:DescribeTimeToLive", rule, () =>
    client.send(new DescribeTimeToLiveCommand({ TableName: tableName })),
  );
  const status = answer.TimeToLiveDescription?.TimeToLiveStatus;
  if (status === "ENABLED" || status === "ENABLING") return;
  const command = new UpdateTimeToLiveCommand({
    TableName: tableName,
    TimeToLiveSpecification: { Enabled: true, AttributeName: tableAttributes.expires },
  });
  await withRetries(table, "dynamodb:UpdateTimeToLive", rule, () => client.send(command));
}

/** What of the wanted shape is not there, in words; more indexes than wanted do no harm. */
function differenceOf(
  wanted: ReturnType<typeof tableShape>,
  present: TableDescription,
): string | undefined {
  if (!isSameSchema(present.KeySchema, wanted.KeySchema)) return "its key is another one";
  for (const index of wanted.GlobalSecondaryIndexes) {
    const found = present.GlobalSecondaryIndexes?.find((one) => one.IndexName === index.IndexName);
    if (!isSameSchema(found?.KeySchema, index.KeySchema)) {
      return `its index "${index.IndexName}" is missing or has another key`;
    }
  }
  const view = present.StreamSpecification?.StreamViewType;
  if (view !== "NEW_IMAGE" && view !== "NEW_AND_OLD_IMAGES") {
    return "its stream does not carry new images";
  }
  return undefined;
}

function isSameSchema(
  present: readonly KeySchemaElement[] | undefined,
  wanted: readonly KeySchemaElement[],
): boolean {
  const nameOf = (schema: readonly KeySchemaElement[], type: "HASH" | "RANGE") =>
    schema.find((element) => element.KeyType === type)?.AttributeName;
  return (
    present !== undefined &&
    nameOf(present, "HASH") === nameOf(wanted, "HASH") &&
    nameOf(present, "RANGE") === nameOf(wanted, "RANGE")
  );
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
