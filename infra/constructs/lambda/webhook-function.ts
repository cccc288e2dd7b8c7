import { Duration } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import { grantSend } from "../queue-access.ts";
import { queueDestination } from "../queue-destination.ts";
import {
  type ControlPlaneFunctionProps,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface WebhookFunctionProps extends ControlPlaneFunctionProps {
  readonly table: TableRef;
  /** Gets notes about calls that failed for good. */
  readonly deadLetters: IQueue;
}

/**
 * Delivers webhooks: the one function that speaks to servers of strangers. What it could give away is
 * little: it reads webhooks, writes their deliveries, and knows the key that signs.
 */
export class WebhookFunction extends SwitchyardFunction<"webhook"> {
  readonly secret: Secret;

  constructor(scope: Construct, id: string, props: WebhookFunctionProps) {
    const secret = new Secret(scope, `${id}Secret`, {
      description: `Switchyard ${props.stage}: what the keys of all webhooks follow from`,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    acknowledge(secret, {
      "AwsSolutions-SMG4":
        "All receivers would have to change their keys at the same moment; webhooks rotate theirs one by one, with both valid for a while.",
    });
    super(scope, id, {
      ...props,
      name: "webhook",
      description: "Switchyard: delivers webhooks",
      environment: {
        ...logging(props),
        TABLE_NAME: props.table.tableName,
        WEBHOOK_SECRET: secret.secretArn,
      },
      // It waits for receivers nearly all of the time.
      memoryMb: 256,
      // All deliveries of a call are tried side by side; a receiver has five seconds.
      timeout: Duration.seconds(60),
    });
    this.secret = secret;
    grantTable(this.role, props.table, tableAccess.webhook);
    allowReading(this.role, secret);
    grantSend(this.role, props.deadLetters);
    this.function.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      onFailure: queueDestination(props.deadLetters),
    });
  }
}

/** Reads one secret; whoever may, can sign as Switchyard does. */
export function allowReading(role: Role, secret: Secret): void {
  role.addToPolicy(
    new PolicyStatement({
      actions: ["secretsmanager:GetSecretValue"],
      resources: [secret.secretArn],
    }),
  );
}
