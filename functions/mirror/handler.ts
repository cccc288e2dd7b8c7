import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { MirrorMessage } from "../../shared/contract/messages.ts";
import { awsClientDefaults } from "../adapters/aws/aws-call.ts";
import { openRuleMirror } from "../adapters/aws/rule-mirror.ts";
import { openSchedulerMirror } from "../adapters/aws/scheduler-mirror.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { mirrorRecords } from "./mirror-record.ts";
import { sweep } from "./sweep.ts";

const environment = readEnvironment("mirror");
const host = openLambdaHost("mirror", environment);
const place = {
  queueArn: environment.INTAKE_QUEUE_ARN,
  deadLettersArn: environment.INTAKE_DEAD_LETTERS_ARN,
};
const deps = {
  ...host,
  mirrors: {
    schedule: openSchedulerMirror({
      ...host,
      client: new SchedulerClient(awsClientDefaults),
      group: environment.SCHEDULE_GROUP,
      place: { ...place, roleArn: environment.SCHEDULER_ROLE_ARN },
    }),
    trigger: openRuleMirror({
      client: new EventBridgeClient(awsClientDefaults),
      busName: environment.EVENT_BUS_NAME,
      defaultBus: environment.DEFAULT_BUS_TRIGGERS === "on",
      rulePrefix: environment.RULE_PREFIX,
      owner: `switchyard-${environment.STAGE}`,
      place,
    }),
  },
};

/**
 * The only function that may tell EventBridge of schedules and triggers. Whoever asks says only which
 * records to look at; what is mirrored stands there. Lambda repeats an asynchronous call that throws,
 * which is harmless.
 */
export async function handler(event: unknown): Promise<void> {
  const message = MirrorMessage.parse(event);
  const { drift, failures } =
    message.kind === "sweep"
      ? await sweep(deps, environment.DEFAULT_TENANT)
      : { drift: 0, failures: await mirrorRecords(deps, message.records) };
  host.metrics.put({ MirrorDrift: drift, MirrorFailures: failures });
  host.meter.log(host.log);
}
