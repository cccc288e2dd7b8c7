import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { WebhookCall } from "../../shared/contract/messages.ts";
import { awsClientDefaults } from "../adapters/aws/aws-call.ts";
import { openSecretSigningKeys } from "../adapters/aws/signing-keys.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { lookAtDeliveries } from "./look-at-deliveries.ts";
import { pingWebhook } from "./ping-webhook.ts";
import { openSafeSender } from "./safe-fetch.ts";

const environment = readEnvironment("webhook");
const host = openLambdaHost("webhook", environment);
const deps = {
  ...host,
  keys: openSecretSigningKeys({
    client: new SecretsManagerClient(awsClientDefaults),
    secretId: environment.WEBHOOK_SECRET,
  }),
  // Never to this machine: here it would be the runtime of the function.
  sender: openSafeSender({ reach: { loopback: false }, now: host.clock.now }),
};

/**
 * The only function that speaks to servers of strangers. Whoever asks says only which deliveries to
 * look at; Lambda repeats an asynchronous call that throws, which is harmless, because a try that
 * was begun is not begun again.
 */
export async function handler(event: unknown): Promise<unknown> {
  const call = WebhookCall.parse(event);
  if (call.kind === "ping") {
    const { tenant, name, id, body } = call;
    return pingWebhook(deps, tenant, name, { id, body });
  }
  await lookAtDeliveries(deps, call.records);
  host.meter.log(host.log);
  return undefined;
}
