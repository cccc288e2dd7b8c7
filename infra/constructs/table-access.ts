import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { FunctionName } from "../../shared/contract/env.ts";
import { keys } from "../../shared/contract/keys.ts";
import { tableIndexes } from "../../shared/contract/table.ts";
import type { IndexName } from "../../shared/ports/store.ts";

/** A table as far as functions need to know it: one of CDK's, new or imported, fits. */
export interface TableRef {
  readonly tableName: string;
  readonly tableArn: string;
  readonly tableStreamArn?: string | undefined;
}

/** The DynamoDB actions that the store adapter can call; no function needs Scan or a table action. */
export type TableAction =
  | "GetItem"
  | "BatchGetItem"
  | "PutItem"
  | "UpdateItem"
  | "DeleteItem"
  | "ConditionCheckItem";

export interface TableAccess {
  readonly reads: readonly Extract<TableAction, "GetItem" | "BatchGetItem">[];
  /** "primary" lists the records of a partition of the table itself. */
  readonly queries: readonly (IndexName | "primary")[];
  readonly writes: readonly Exclude<TableAction, "GetItem" | "BatchGetItem">[];
  /** Patterns of the partition keys that may be written. */
  readonly writablePartitions: readonly string[];
}

const anyTenant = "*";
const partitionsOf = {
  instances: keys.instance(anyTenant, "*").pk,
  taskHeads: keys.taskHead(anyTenant, "*").pk,
  taskVersions: keys.taskVersion(anyTenant, "*", 1).pk,
  rollups: keys.rollup(anyTenant, "*", "*", "*").pk,
  checkpoints: keys.checkpoint("*", "*").pk,
};

/**
 * What each function may do with the table, as its use cases need it. An instance can be changed by
 * three functions, rollups and checkpoints by one, definitions by the API alone.
 */
export const tableAccess: Readonly<Record<FunctionName, TableAccess>> = {
  api: {
    reads: ["GetItem", "BatchGetItem"],
    queries: ["primary", "task", "group", "queue"],
    writes: ["PutItem", "ConditionCheckItem"],
    writablePartitions: [partitionsOf.instances, partitionsOf.taskHeads, partitionsOf.taskVersions],
  },
  dispatch: {
    reads: ["GetItem"],
    queries: [],
    writes: ["PutItem"],
    writablePartitions: [partitionsOf.instances],
  },
  complete: {
    reads: ["GetItem"],
    queries: [],
    writes: ["PutItem"],
    writablePartitions: [partitionsOf.instances],
  },
  // Finds what is due and hints at it; decides and changes nothing.
  timekeeper: { reads: [], queries: ["wake"], writes: [], writablePartitions: [] },
  observe: {
    reads: ["GetItem"],
    queries: [],
    writes: ["PutItem"],
    writablePartitions: [partitionsOf.rollups, partitionsOf.checkpoints],
  },
};

/** Lets a role use the table as `access` says, and in no other way. */
export function grantTable(role: IRole, table: TableRef, access: TableAccess): void {
  const { reads, queries, writes, writablePartitions } = access;
  if (reads.length > 0) {
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: reads.map(inDynamo), resources: [table.tableArn] }),
    );
  }
  if (queries.length > 0) {
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["dynamodb:Query"],
        resources: queries.map((index) => queryable(table, index)),
      }),
    );
  }
  if (writes.length > 0) {
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: writes.map(inDynamo),
        resources: [table.tableArn],
        conditions: {
          "ForAllValues:StringLike": { "dynamodb:LeadingKeys": writablePartitions },
          // ForAllValues also holds for a request without the key.
          Null: { "dynamodb:LeadingKeys": "false" },
        },
      }),
    );
  }
}

function inDynamo(action: TableAction): string {
  return `dynamodb:${action}`;
}

function queryable(table: TableRef, index: IndexName | "primary"): string {
  return index === "primary"
    ? table.tableArn
    : `${table.tableArn}/index/${tableIndexes[index].name}`;
}
