import { ArnFormat, Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { invocableTag } from "../../../shared/contract/function-tags.ts";
import { acknowledge } from "../acknowledge.ts";
import { type AnnouncingProps, allowAnnouncing, announcing } from "../bus-access.ts";
import { type PlacingProps, placing } from "../execution/placing.ts";
import type { poolEnvironment } from "../execution/pool-queues.ts";
import { grantPayloads, type PayloadsRef } from "../payload-access.ts";
import { grantSend, type HintingProps, hinting } from "../queue-access.ts";
import { allowAsking, deployerOf } from "./ask-deployer.ts";
import { allowRecordHints, type RecordHintingProps, recordHinting } from "./ask-records.ts";
import type { DeployFunction } from "./deploy-function.ts";
import {
  type ControlPlaneFunctionProps,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";
import { allowReading } from "./webhook-function.ts";

export interface ApiFunctionProps extends ControlPlaneFunctionProps, HintingProps, AnnouncingProps {
  readonly table: TableRef;
  /** The tenant of callers whose credential names none. */
  readonly defaultTenant: string;
  /** Roles of callers who sign their requests; the first match counts. */
  readonly machineRoles: readonly { readonly role: string; readonly principal: string }[];
  /** May be asked to deploy functions; absent: nothing can be deployed. */
  readonly deploy?: DeployFunction | undefined;
  readonly poolEnvironment?: ReturnType<typeof poolEnvironment> | undefined;
  readonly placing: PlacingProps;
  readonly payloads: PayloadsRef;
  readonly records: RecordHintingProps;
  /** How the claims of people's tokens are read. */
  readonly claims?:
    | {
        readonly tenantClaim?: string | undefined;
        readonly roleClaim: string;
        readonly rolePrefix: string;
      }
    | undefined;
}

const logGroupPrefix = "/aws/lambda/";

/**
 * Answers the HTTP API. It faces the internet and therefore may not run anything: it writes records,
 * sends hints, and reads the logs of functions that are marked as Switchyard's to run.
 */
export class ApiFunction extends SwitchyardFunction<"api"> {
  constructor(scope: Construct, id: string, props: ApiFunctionProps) {
    super(scope, id, {
      ...props,
      name: "api",
      description: "Switchyard: the HTTP API",
      environment: {
        ...logging(props),
        ...hinting(props),
        ...placing(props.placing),
        PAYLOAD_BUCKET: props.payloads.bucketName,
        ...props.poolEnvironment,
        ...deployerOf(props.deploy),
        ...recordHinting(props.records),
        ...announcing(props),
        WEBHOOK_SECRET: props.records.webhook?.secret.secretArn,
        TABLE_NAME: props.table.tableName,
        DEFAULT_TENANT: props.defaultTenant,
        TENANT_CLAIM: props.claims?.tenantClaim,
        ROLE_CLAIM: props.claims?.roleClaim ?? "switchyard_role",
        ROLE_PREFIX: props.claims?.rolePrefix ?? "",
        IAM_ROLES: props.machineRoles
          .map(({ role, principal }) => `${role}=${principal}`)
          .join(","),
        LAMBDA_LOG_GROUP_PREFIX: logGroupPrefix,
      },
      // Parsing and checking batches of 6 MB is processor time, which comes with memory.
      memoryMb: 512,
      // One second less than the longest that an HTTP API waits for its integration.
      timeout: Duration.seconds(29),
    });
    grantTable(this.role, props.table, tableAccess.api);
    grantSend(this.role, props.dispatchQueue);
    if (props.deploy !== undefined) allowAsking(this.role, props.deploy);
    allowRecordHints(this.role, props.records);
    allowAnnouncing(this.role, props);
    // Shows a webhook's key to whoever sets up its receiver.
    if (props.records.webhook !== undefined) allowReading(this.role, props.records.webhook.secret);
    grantPayloads(this.role, props.payloads, {
      instances: ["PutObject", "GetObject", "DeleteObject"],
      packageUploads: ["PutObject", "GetObject"],
      // A version gets its package by a copy; one that nothing needs after all is deleted again.
      packages: ["PutObject", "GetObject", "DeleteObject"],
    });
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ["logs:FilterLogEvents"],
        resources: [
          Stack.of(this).formatArn({
            service: "logs",
            resource: "log-group",
            resourceName: `${logGroupPrefix}*`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
        conditions: {
          StringEquals: { [`aws:ResourceTag/${invocableTag.key}`]: invocableTag.value },
        },
      }),
    );
    acknowledge(this.role, {
      [`AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:${logGroupPrefix}*]`]:
        "User functions come and go without a deployment of Switchyard; the condition on their log group's tag limits reading to those marked as Switchyard's to run.",
    });
  }
}
