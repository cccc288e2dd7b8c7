import { ArnFormat, Duration, RemovalPolicy, Stack, Tags } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { deployedTags, invocableTag } from "../../../shared/contract/function-tags.ts";
import { acknowledgePattern } from "../acknowledge.ts";
import { grantPayloads, type PayloadsRef } from "../payload-access.ts";
import { grantSend } from "../queue-access.ts";
import { queueDestination } from "../queue-destination.ts";
import {
  type ControlPlaneFunctionProps,
  functionPrefix,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface DeployFunctionProps extends ControlPlaneFunctionProps {
  readonly table: TableRef;
  readonly payloads: PayloadsRef;
  /** Where deployed functions report to. */
  readonly completions: IQueue;
  /** Gets notes about deployments that failed for good. */
  readonly deadLetters: IQueue;
}

/** Changes of a function that is there already; each binds to the tag that says who deployed it. */
const changes = [
  "lambda:UpdateFunctionCode",
  "lambda:UpdateFunctionConfiguration",
  "lambda:PublishVersion",
  "lambda:CreateAlias",
  "lambda:PutFunctionEventInvokeConfig",
  "lambda:DeleteFunction",
  "lambda:InvokeFunction",
];

const looks = [
  "lambda:GetFunction",
  "lambda:GetFunctionConfiguration",
  "lambda:GetAlias",
  "lambda:ListTags",
];

/**
 * The one function that may make functions. Nobody reaches it from outside: the API asks it by naming
 * a record, and what is deployed stands there. It makes and changes only functions whose name starts
 * with "job-" and whose tag says that this control plane deployed them, and hands over one role.
 */
export class DeployFunction extends SwitchyardFunction<"deploy"> {
  /** Where all deployed functions log; the API may read it. */
  readonly functionsLog: LogGroup;

  constructor(scope: Construct, id: string, props: DeployFunctionProps) {
    const { stage } = props;
    const functionsLog = new LogGroup(scope, `${id}edFunctionsLog`, {
      logGroupName: `/aws/lambda/switchyard-${stage}-functions`,
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Tags.of(functionsLog).add(invocableTag.key, invocableTag.value);
    const functionRole = roleOfFunctions(scope, `${id}edFunctions`, functionsLog, props);
    super(scope, id, {
      ...props,
      name: "deploy",
      description: "Switchyard: deploys functions",
      environment: {
        ...logging(props),
        TABLE_NAME: props.table.tableName,
        ACCOUNT_ID: Stack.of(scope).account,
        CONTROL_PLANE_FUNCTION_PREFIX: functionPrefix(stage),
        PAYLOAD_BUCKET: props.payloads.bucketName,
        FUNCTION_ROLE_ARN: functionRole.roleArn,
        COMPLETION_QUEUE_ARN: props.completions.queueArn,
        FUNCTION_LOG_GROUP: functionsLog.logGroupName,
      },
      // A package may be read as a whole to be checked.
      memoryMb: 1_024,
      // A function becomes active within a minute or two; a repeated call goes on where this one ends.
      timeout: Duration.minutes(5),
    });
    this.functionsLog = functionsLog;
    grantTable(this.role, props.table, tableAccess.deploy);
    grantPayloads(this.role, props.payloads, { packages: ["GetObject", "DeleteObject"] });
    this.allowDeploying(stage, functionRole);
    grantSend(this.role, props.deadLetters);
    this.function.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      onFailure: queueDestination(props.deadLetters),
    });
  }

  private allowDeploying(stage: string, functionRole: Role): void {
    const jobs = Stack.of(this).formatArn({
      service: "lambda",
      resource: "function",
      resourceName: "job-*",
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const owner = `switchyard-${stage}`;
    const allow = (actions: string[], conditions?: Readonly<Record<string, string>>) =>
      this.role.addToPolicy(
        new PolicyStatement({
          actions,
          resources: [jobs],
          ...(conditions === undefined ? {} : { conditions: { StringEquals: conditions } }),
        }),
      );
    allow(looks);
    allow(["lambda:CreateFunction", "lambda:TagResource"], {
      [`aws:RequestTag/${deployedTags.managedBy}`]: owner,
    });
    allow(changes, { [`aws:ResourceTag/${deployedTags.managedBy}`]: owner });
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ["iam:PassRole"],
        resources: [functionRole.roleArn],
        conditions: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } },
      }),
    );
    acknowledgePattern(
      this.role,
      jobs,
      "Functions are deployed at run time; all of them have this beginning, and changes are bound to the tag of who deployed them.",
    );
  }
}

/** What deployed functions may do: write their log, and report. */
function roleOfFunctions(
  scope: Construct,
  id: string,
  log: LogGroup,
  { completions, stage }: DeployFunctionProps,
): Role {
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    description: `What functions deployed through Switchyard may do (${stage})`,
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [log.logGroupArn],
    }),
  );
  grantSend(role, completions);
  return role;
}
