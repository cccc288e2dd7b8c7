import { CfnOutput, Duration, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { DeploymentOptions } from "../config.ts";
import { acknowledge } from "../constructs/acknowledge.ts";
import { AlarmTopic } from "../constructs/alarm-topic.ts";
import { SwitchyardAlarms } from "../constructs/alarms.ts";
import { ChangeFeed } from "../constructs/change-feed.ts";
import { type Callers, SwitchyardHttpApi } from "../constructs/http-api.ts";
import { ApiFunction } from "../constructs/lambda/api-function.ts";
import { CompleteFunction, completeTimeout } from "../constructs/lambda/complete-function.ts";
import { DispatchFunction, dispatchTimeout } from "../constructs/lambda/dispatch-function.ts";
import { ObserveFunction } from "../constructs/lambda/observe-function.ts";
import type { TableRef } from "../constructs/lambda/table-access.ts";
import { TimekeeperFunction } from "../constructs/lambda/timekeeper-function.ts";
import { QueueConsumer } from "../constructs/queue-consumer.ts";
import { deadLetterQueue, QueueWithDlq } from "../constructs/queue-with-dlq.ts";
import { StateBus } from "../constructs/state-bus.ts";
import { Tick } from "../constructs/tick.ts";
import { acknowledgeServerlessDefaults } from "./serverless-acknowledgements.ts";

export interface ControlPlaneStackProps extends StackProps {
  readonly options: DeploymentOptions;
  /** The table of the data stack, or any with the same keys, indexes and stream. */
  readonly table: TableRef;
  /** Folder with one bundle per function. */
  readonly bundles: string;
}

/** Everything that acts. It can be removed and deployed again without losing anything. */
export class ControlPlaneStack extends Stack {
  constructor(scope: Construct, id: string, props: ControlPlaneStackProps) {
    const { options, table, bundles, ...stackProps } = props;
    const { stage } = options;
    super(scope, id, { ...stackProps, description: `Switchyard ${stage}: what acts` });
    const { logRetentionDays, logLevel, people } = options;
    const common = { stage, bundles, logRetentionDays, logLevel, table };

    // A hint is worthless after a day: the instance's wake has long done its work.
    const dispatchQueue = new QueueWithDlq(this, "DispatchQueue", {
      consumerTimeout: dispatchTimeout,
      retention: Duration.days(1),
    });
    const completionQueue = new QueueWithDlq(this, "CompletionQueue", {
      consumerTimeout: completeTimeout,
    });
    // Notes about ticks and feed batches that failed: read by people, never delivered again.
    const failures = deadLetterQueue(this, "Failures");
    acknowledge(failures, {
      "AwsSolutions-SQS3":
        "It is the dead-letter queue of the schedule, of the timekeeper's calls and of the change feed, which the rule does not see.",
    });
    const hinting = {
      ...common,
      dispatchQueue: dispatchQueue.queue,
      manyTenants: people?.tenantClaim !== undefined,
    };

    const api = new ApiFunction(this, "Api", {
      ...hinting,
      defaultTenant: options.tenant,
      machineRoles: options.machineRoles,
      claims: people,
    });
    const dispatch = new DispatchFunction(this, "Dispatch", common);
    const complete = new CompleteFunction(this, "Complete", hinting);
    const timekeeper = new TimekeeperFunction(this, "Timekeeper", hinting);
    const { bus } = new StateBus(this, "StateBus", { stage });
    const observe = new ObserveFunction(this, "Observe", {
      ...common,
      bus,
      stateEvents: options.stateEvents,
    });

    const { concurrency } = options;
    new QueueConsumer(this, "Hints", {
      queue: dispatchQueue.queue,
      consumer: dispatch,
      concurrency,
    });
    new QueueConsumer(this, "Completions", {
      queue: completionQueue.queue,
      consumer: complete,
      concurrency,
    });
    new Tick(this, "Tick", { timekeeper, deadLetters: failures });
    new ChangeFeed(this, "ChangeFeed", { table, observer: observe, deadLetters: failures });
    new SwitchyardAlarms(this, "Alarms", {
      stage,
      timekeeper: timekeeper.function,
      topic: new AlarmTopic(this, "AlarmTopic", { email: options.alarmEmail }).topic,
      deadLetters: {
        hints: dispatchQueue.deadLetters,
        completions: completionQueue.deadLetters,
        failures,
      },
    });
    acknowledgeServerlessDefaults({
      sync: [api, dispatch, complete, observe],
      async: [timekeeper],
    });

    this.door("MachineApi", "ApiUrl", "api", { kind: "iam" }, api, options);
    if (people !== undefined) {
      this.door("PeopleApi", "PeopleApiUrl", "people", { kind: "jwt", ...people }, api, {
        ...options,
        openHealth: false,
      });
    }
    this.outputs({
      BusName: [bus.eventBusName, "The event bus with the instances' state changes"],
      BusArn: [bus.eventBusArn, "The same bus, for rules and policies"],
      CompletionQueueArn: [
        completionQueue.queue.queueArn,
        "Where functions that Switchyard runs report to",
      ],
    });
  }

  private door(
    id: string,
    output: string,
    name: string,
    callers: Callers,
    api: ApiFunction,
    options: DeploymentOptions,
  ): void {
    const { url } = new SwitchyardHttpApi(this, id, {
      handler: api.function,
      callers,
      name: `switchyard-${options.stage}-${name}`,
      requestsPerSecond: options.requestsPerSecond,
      requestsBurst: options.requestsBurst,
      logRetentionDays: options.logRetentionDays,
      openHealth: options.openHealth,
    });
    const who = callers.kind === "iam" ? "machines: signed requests (SigV4)" : "people: JWT";
    this.outputs({ [output]: [url, `The HTTP API for ${who}`] });
  }

  private outputs(
    outputs: Readonly<Record<string, readonly [value: string, about: string]>>,
  ): void {
    for (const [id, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, id, { value, description });
    }
  }
}
