import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type * as z from "zod";
import type { AnyFunctionName, environmentSchemas } from "../../../shared/contract/env.ts";

/** What every function of the control plane is told, whatever it does. */
export interface ControlPlaneFunctionProps {
  /** Part of every physical name, so that several deployments fit into one account and Region. */
  readonly stage: string;
  /** Folder with one bundle per function: `<bundles>/<name>/index.mjs`. */
  readonly bundles: string;
  readonly logRetentionDays: RetentionDays;
  /** @default "info" */
  readonly logLevel?: LogLevel;
}

type LogLevel = z.output<(typeof environmentSchemas)["api"]>["LOG_LEVEL"];

export interface SwitchyardFunctionProps<Name extends AnyFunctionName>
  extends ControlPlaneFunctionProps {
  readonly name: Name;
  readonly description: string;
  /** Exactly what the function's handler parses; its schema is the contract of both sides. */
  readonly environment: z.output<(typeof environmentSchemas)[Name]>;
  readonly memoryMb: number;
  readonly timeout: Duration;
  /** Only where other stacks must find the role by its name. */
  readonly roleName?: string;
}

/** All functions of one control plane start with this; no user function may. */
export function functionPrefix(stage: string): string {
  return `switchyard-${stage}-`;
}

/**
 * One function of the control plane: arm64, Node 24, a bundle, a role of its own that may write its
 * own log and nothing else, and a log group that forgets.
 */
export class SwitchyardFunction<Name extends AnyFunctionName> extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: SwitchyardFunctionProps<Name>) {
    super(scope, id);
    const logGroup = new LogGroup(this, "Log", {
      // Outside /aws/lambda/, which the API may search for the logs of user functions.
      logGroupName: `/switchyard/${props.stage}/${props.name}`,
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, "Role", {
      ...(props.roleName === undefined ? {} : { roleName: props.roleName }),
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: `What Switchyard's ${props.name} function may do (${props.stage})`,
    });
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [logGroup.logGroupArn],
      }),
    );
    this.function = new LambdaFunction(this, "Function", {
      functionName: `${functionPrefix(props.stage)}${props.name}`,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: bundleCode(props.bundles, props.name),
      environment: variablesOf(props.environment),
      memorySize: props.memoryMb,
      timeout: props.timeout,
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // START, END and REPORT lines would be most of the log and its price; metrics say the same.
      systemLogLevelV2: SystemLogLevel.WARN,
    });
  }
}

/** The part of every function's environment that says what it logs, and for which stage it measures. */
export function logging({ logLevel, stage }: ControlPlaneFunctionProps): {
  LOG_LEVEL: LogLevel;
  STAGE: string;
} {
  return { LOG_LEVEL: logLevel ?? "info", STAGE: stage };
}

/** A variable that says nothing is left out: the schema of the handler knows what that means. */
function variablesOf(environment: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, String(value)]],
    ),
  );
}

function bundleCode(bundles: string, name: AnyFunctionName): Code {
  const folder = join(bundles, name);
  if (!existsSync(join(folder, "index.mjs"))) {
    throw new Error(
      `${folder}/index.mjs does not exist: build the functions first (npm run build)`,
    );
  }
  // Source maps stay at home: they would triple what a cold start downloads.
  return Code.fromAsset(folder, { exclude: ["**/*.map"] });
}
