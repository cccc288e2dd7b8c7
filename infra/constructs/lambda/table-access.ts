import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { AnyFunctionName } from "../../../shared/contract/env.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { tableIndexes } from "../../../shared/contract/table.ts";

/** A table as far as functions need to know it: one of CDK's, new or imported, fits. */
export interface TableRef {
  readonly tableName: string;
  readonly tableArn: string;
  readonly tableStreamArn?: string | undefined;
}

/** The DynamoDB actions that the store adapter can call; no function needs Scan or a table action. */
type ReadAction = "GetItem" | "BatchGetItem";
type WriteAction = "PutItem" | "UpdateItem" | "DeleteItem" | "ConditionCheckItem";

type IndexName = keyof typeof tableIndexes;

export interface TableAccess {
  readonly reads: readonly ReadAction[];
  /** Patterns of the partition keys that may be read; all when left out. */
  readonly readable?: readonly string[];
  /** "primary" lists the records of a partition of the table itself. */
  readonly queries: readonly (IndexName | "primary")[];
  /** For each action the patterns of the partition keys that it may reach. */
  readonly writes: Readonly<Partial<Record<WriteAction, readonly string[]>>>;
}

const anyTenant = "*";
const instances = keys.instance(anyTenant, "*").pk;
const taskHeads = keys.taskHead(anyTenant, "*").pk;
const taskVersions = keys.taskVersion(anyTenant, "*", 1).pk;
const rules = keys.rulesHead(anyTenant).pk;
const poolHeads = keys.pool(anyTenant, "*").pk;
const workers = keys.worker(anyTenant, "*", "*").pk;
const functionHeads = keys.functionHead(anyTenant, "*").pk;
const functionVersions = keys.functionVersion(anyTenant, "*", "*").pk;
const payloadClaims = keys.payloadClaim(anyTenant, "*").pk;
const profiles = keys.profile(anyTenant, "*").pk;
const rollups = keys.rollup(anyTenant, "*", "*", "*").pk;
const checkpoints = keys.checkpoint("*", "*").pk;
const schedules = keys.schedule(anyTenant, "*").pk;
const slots = keys.slot(anyTenant, "*", 0, "*").pk;
const backfills = keys.backfill(anyTenant, "*", "*").pk;
const calendars = keys.calendar(anyTenant, "*").pk;
const triggers = keys.trigger(anyTenant, "*").pk;
const webhooks = keys.webhook(anyTenant, "*").pk;
const deliveries = keys.delivery(anyTenant, "*", "*").pk;
const findings = keys.finding(anyTenant, "*").pk;
const watchedTenants = keys.watchedTenant("*").pk;
const watchSummary = keys.watch().pk;
const namedLimits = keys.limit(anyTenant, "*").pk;
const groups = keys.group(anyTenant, "*").pk;
const tenantSettings = keys.tenantSettings(anyTenant).pk;
const gates = keys.slots(anyTenant, "*", 0).pk;
const budgets = keys.budget(anyTenant, "*", "*").pk;
const quotas = keys.quota(anyTenant, "*", "*").pk;
const locks = keys.lock(anyTenant, "*", "*").pk;
const joined = keys.joined(anyTenant, "*").pk;

/** Whoever submits writes the instance, what it became part of, and what it uses up. */
const submitting = {
  put: [instances, payloadClaims, gates, locks, joined],
  add: [budgets, quotas],
};

/**
 * What each function may do with the table, as its use cases need it. An instance can be changed by
 * those who submit, dispatch and complete, rollups and checkpoints by one, definitions by the API alone.
 */
export const tableAccess: Readonly<Record<AnyFunctionName, TableAccess>> = {
  api: {
    reads: ["GetItem", "BatchGetItem"],
    queries: ["primary", "task", "group", "queue", "wake"],
    writes: {
      PutItem: [
        ...submitting.put,
        taskHeads,
        taskVersions,
        rules,
        poolHeads,
        workers,
        functionHeads,
        functionVersions,
        namedLimits,
        groups,
        tenantSettings,
        schedules,
        slots,
        backfills,
        calendars,
        triggers,
        webhooks,
        deliveries,
        findings,
        watchedTenants,
      ],
      UpdateItem: submitting.add,
      // Purging finished instances, and definitions and workers that leave: nothing else is ever deleted.
      DeleteItem: [
        instances,
        poolHeads,
        workers,
        namedLimits,
        groups,
        schedules,
        calendars,
        triggers,
        webhooks,
      ],
      ConditionCheckItem: [instances, locks],
    },
  },
  // Routing looks at the pools and their lines; gates are passed here.
  dispatch: {
    reads: ["GetItem", "BatchGetItem"],
    queries: ["primary", "queue"],
    writes: { PutItem: [instances, gates], UpdateItem: [budgets], ConditionCheckItem: [gates] },
  },
  // An end gives back what the attempt held, and tells who waits for it.
  complete: {
    reads: ["GetItem", "BatchGetItem"],
    queries: ["primary", "queue"],
    writes: { PutItem: [instances, gates], UpdateItem: [budgets] },
  },
  // Finds what is due and hints at it; decides and changes nothing.
  timekeeper: { reads: [], queries: ["wake"], writes: {} },
  observe: {
    reads: ["GetItem", "BatchGetItem"],
    queries: ["primary"],
    writes: { PutItem: [rollups, profiles, checkpoints, deliveries] },
  },
  intake: {
    reads: ["GetItem", "BatchGetItem"],
    queries: ["primary", "task", "group", "queue"],
    writes: {
      PutItem: [...submitting.put, schedules, slots, backfills],
      UpdateItem: submitting.add,
      ConditionCheckItem: [locks],
    },
  },
  // The canary is an instance like any other, of a task that the watch itself defines.
  watch: {
    reads: ["GetItem", "BatchGetItem"],
    queries: ["primary", "task", "group", "queue", "wake"],
    writes: {
      PutItem: [...submitting.put, taskHeads, taskVersions, findings, watchSummary],
      UpdateItem: submitting.add,
      ConditionCheckItem: [locks],
    },
  },
  // Writes what came of it into the records that it mirrors.
  mirror: {
    reads: ["GetItem", "BatchGetItem"],
    queries: ["primary"],
    writes: { PutItem: [schedules, triggers, watchedTenants] },
  },
  // Whoever breaks into it from outside finds nothing but webhooks and their messages.
  webhook: {
    reads: ["GetItem"],
    readable: [webhooks, deliveries],
    queries: [],
    writes: { PutItem: [webhooks, deliveries] },
  },
  deploy: {
    reads: ["GetItem"],
    queries: ["primary"],
    writes: {
      PutItem: [functionHeads, functionVersions],
      DeleteItem: [functionHeads, functionVersions],
    },
  },
};

/** Lets a role use the table as `access` says, and in no other way. */
export function grantTable(role: IRole, table: TableRef, access: TableAccess): void {
  const { reads, readable, queries, writes } = access;
  if (reads.length > 0) {
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: reads.map((action) => `dynamodb:${action}`),
        resources: [table.tableArn],
        ...(readable === undefined ? {} : { conditions: onlyPartitions(readable) }),
      }),
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
  for (const [action, partitions] of Object.entries(writes)) {
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: [`dynamodb:${action}`],
        resources: [table.tableArn],
        conditions: onlyPartitions(partitions),
      }),
    );
  }
}

function onlyPartitions(patterns: readonly string[]) {
  return {
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": patterns },
    // ForAllValues also holds for a request without the key.
    Null: { "dynamodb:LeadingKeys": "false" },
  };
}

function queryable(table: TableRef, index: IndexName | "primary"): string {
  return index === "primary"
    ? table.tableArn
    : `${table.tableArn}/index/${tableIndexes[index].name}`;
}
