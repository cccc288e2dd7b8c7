import * as z from "zod";
import type { WebhookCall } from "../../../shared/contract/messages.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { SigningKeys } from "../../../shared/ports/signing-keys.ts";
import { callAws } from "../../adapters/aws/aws-call.ts";
import type { WebhookPorts } from "../../webhooks/webhook-ports.ts";

/** A sender of webhooks needs its own time beside the receiver's. */
const answerMsMax = limits.webhookTimeoutMs + 10_000;

const Said = z.object({
  status: z.int().optional(),
  error: z.string().optional(),
  durationMs: z.number(),
});

/**
 * What the API needs for webhooks, as a part of what is composed; nothing where there are none. It
 * shows keys and never speaks to receivers itself. Its clients are loaded with their first use.
 */
export function openWebhookPorts(environment: {
  readonly WEBHOOK_FUNCTION?: string | undefined;
  readonly WEBHOOK_SECRET?: string | undefined;
}): { readonly webhooks?: WebhookPorts } {
  const { WEBHOOK_FUNCTION: functionName, WEBHOOK_SECRET: secretId } = environment;
  if (functionName === undefined || secretId === undefined) return {};
  let keys: Promise<SigningKeys> | undefined;
  return {
    webhooks: {
      reach: { loopback: false },
      keys: {
        async keyOf(name) {
          keys ??= openKeys(secretId);
          return (await keys).keyOf(name);
        },
      },
      async ping({ tenant, name }, { id, body }) {
        const { status, error, durationMs } = Said.parse(
          await call(functionName, { kind: "ping", tenant, name, id, body }),
        );
        return {
          durationMs,
          ...(status === undefined ? {} : { status }),
          ...(error === undefined ? {} : { error }),
        };
      },
    },
  };
}

async function openKeys(secretId: string): Promise<SigningKeys> {
  const [{ SecretsManagerClient }, { awsClientDefaults }, { openSecretSigningKeys }] =
    await Promise.all([
      import("@aws-sdk/client-secrets-manager"),
      import("../../adapters/aws/aws-call.ts"),
      import("../../adapters/aws/signing-keys.ts"),
    ]);
  return openSecretSigningKeys({ client: new SecretsManagerClient(awsClientDefaults), secretId });
}

async function call(functionName: string, message: WebhookCall): Promise<unknown> {
  const [{ InvokeCommand, LambdaClient }, { awsClientDefaults }] = await Promise.all([
    import("@aws-sdk/client-lambda"),
    import("../../adapters/aws/aws-call.ts"),
  ]);
  const client = new LambdaClient(awsClientDefaults);
  const command = new InvokeCommand({
    FunctionName: functionName,
    InvocationType: "RequestResponse",
    Payload: JSON.stringify(message),
  });
  const aws = {
    action: "lambda:InvokeFunction",
    target: functionName,
    // A second message would say that it is the first.
    repeatUnclear: false,
    triesMax: 2,
  };
  const answer = await callAws(aws, () => client.send(command, { requestTimeout: answerMsMax }));
  const payload = Buffer.from(answer.Payload ?? []).toString("utf8");
  if (answer.FunctionError !== undefined) {
    throw new TransientError(`the function for webhooks failed: ${payload.slice(0, 500)}`);
  }
  return JSON.parse(payload);
}
