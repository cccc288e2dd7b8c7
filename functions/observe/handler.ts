import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { awsClientDefaults } from "../adapters/aws/aws-call.ts";
import { openEventBridgeEvents } from "../adapters/aws/eventbridge-events.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { openRecordHints } from "../runtime/lambda/record-hints.ts";
import {
  readStreamEvent,
  type StreamAnswer,
  streamAnswer,
} from "../runtime/lambda/stream-batch.ts";
import { planDeliveries } from "../webhooks/plan-deliveries.ts";
import { openWebhookSource } from "../webhooks/webhook-source.ts";
import { observeChanges } from "./observe-changes.ts";

const environment = readEnvironment("observe");
const host = openLambdaHost("observe", environment);
const events = openEventBridgeEvents({
  ...host,
  client: new EventBridgeClient(awsClientDefaults),
  busName: environment.EVENT_BUS_NAME,
  which: environment.STATE_EVENTS,
});

const recording = { ...host, ...openRecordHints(host, environment) };
const planning = { ...recording, webhooks: openWebhookSource(host) };
const deps = {
  ...recording,
  events,
  // Without whoever delivers them, nobody can have defined webhooks.
  ...(environment.WEBHOOK_FUNCTION === undefined
    ? {}
    : { deliver: planDeliveries.bind(undefined, planning) }),
};

/**
 * The stream brings each shard's changes in order and at least once. The checkpoint of a shard is
 * written together with what its changes add to the rollups, so a batch that comes again adds nothing.
 */
export async function handler(event: unknown): Promise<StreamAnswer> {
  const batch = readStreamEvent(host.log, event);
  const error = await observeChanges(deps, batch.source, batch.changes).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  host.meter.log(host.log);
  return streamAnswer(host.log, batch, error);
}
