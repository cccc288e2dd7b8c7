import { CfnOutput, Duration, Stack, type StackProps } from "aws-cdk-lib";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { DeploymentOptions } from "../config.ts";
import { acknowledge } from "../constructs/acknowledge.ts";
import { AlarmTopic } from "../constructs/alarm-topic.ts";
import { SwitchyardAlarms } from "../constructs/alarms.ts";
import { ChangeFeed } from "../constructs/change-feed.ts";
import { executionNames } from "../constructs/execution/execution-names.ts";
import {
  PoolQueues,
  poolEnvironment,
  queueUrlPrefix,
} from "../constructs/execution/pool-queues.ts";
import { RunEvents } from "../constructs/execution/run-events.ts";
import { RunnerRights, runnerRoles } from "../constructs/execution/runner-rights.ts";
import { type Callers, SwitchyardHttpApi } from "../constructs/http-api.ts";
import { ApiFunction } from "../constructs/lambda/api-function.ts";
import { CompleteFunction, completeTimeout } from "../constructs/lambda/complete-function.ts";
import { DeployFunction } from "../constructs/lambda/deploy-function.ts";
import { DispatchFunction, dispatchTimeout } from "../constructs/lambda/dispatch-function.ts";
import { ObserveFunction } from "../constructs/lambda/observe-function.ts";
import type { TableRef } from "../constructs/lambda/table-access.ts";
import { TimekeeperFunction } from "../constructs/lambda/timekeeper-function.ts";
import { canaryFunction, WatchFunction } from "../constructs/lambda/watch-function.ts";
import type { PayloadsRef } from "../constructs/payload-access.ts";
import { QueueConsumer } from "../constructs/queue-consumer.ts";
import { deadLetterQueue, QueueWithDlq } from "../constructs/queue-with-dlq.ts";
import { StateBus } from "../constructs/state-bus.ts";
import { Tick } from "../constructs/tick.ts";
import { TimeAndEvents } from "../constructs/time/time-and-events.ts";
import type { ExecutionPlace } from "./execution-stack.ts";
import { acknowledgeServerlessDefaults } from "./serverless-acknowledgements.ts";

export interface ControlPlaneStackProps extends StackProps {
  readonly options: DeploymentOptions;
  /** The table of the data stack, or any with the same keys, indexes and stream. */
  readonly table: TableRef;
  /** The bucket of the data stack, or any whose objects expire. */
  readonly payloads: PayloadsRef;
  /** Where containers run; absent: nowhere. */
  readonly place?: ExecutionPlace | undefined;
  /** Folder with one bundle per function. */
  readonly bundles: string;
}

/** Everything that acts. It can be removed and deployed again without losing anything. */
export class ControlPlaneStack extends Stack {
  constructor(scope: Construct, id: string, props: ControlPlaneStackProps) {
    const { options, table, payloads, place, bundles, ...stackProps } = props;
    const { stage, logRetentionDays, logLevel, people } = options;
    super(scope, id, { ...stackProps, description: `Switchyard ${stage}: what acts` });
    const common = { stage, bundles, logRetentionDays, logLevel, table, payloads };
    const pools = options.pools.length > 0;
    const placing = {
      fargate: options.fargate,
      poolQueuePrefix: pools ? queueUrlPrefix(this, stage) : undefined,
    };

    const { dispatchQueue, completionQueue, failures } = this.mailboxes();
    const hinting = { ...common, dispatchQueue: dispatchQueue.queue, ...fairness(options) };
    const { bus } = new StateBus(this, "StateBus", { stage });
    const coming = { ...hinting, options, placing, bus, deadLetters: failures };
    const time = new TimeAndEvents(this, "Time", coming);
    const { records } = time;
    const ends = { completions: completionQueue.queue, deadLetters: failures };
    const deploy = options.deployFunctions
      ? new DeployFunction(this, "Deploy", { ...common, ...ends })
      : undefined;
    const api = new ApiFunction(this, "Api", {
      ...hinting,
      placing,
      defaultTenant: options.tenant,
      machineRoles: [...this.workers(options), ...options.machineRoles],
      claims: people,
      deploy,
      records,
      bus,
      poolEnvironment: pools ? poolEnvironment(this, options) : undefined,
    });
    const machines = this.door("MachineApi", "ApiUrl", "api", { kind: "iam" }, api, options);
    const dispatch = new DispatchFunction(this, "Dispatch", {
      ...common,
      placing,
      execution: place === undefined ? undefined : { place, apiUrl: machines.url },
    });
    const { clusterArn } = place ?? {};
    const complete = new CompleteFunction(this, "Complete", { ...hinting, clusterArn });
    if (clusterArn !== undefined) {
      new RunnerRights(this, "RunnerRights", { options, apiId: machines.api.apiId });
      new RunEvents(this, "RunEvents", { clusterArn, ...ends });
    }
    if (pools) new PoolQueues(this, "Pools", { ...options, api, dispatch });
    const timekeeper = new TimekeeperFunction(this, "Timekeeper", { ...hinting, deploy, records });
    const observe = new ObserveFunction(this, "Observe", {
      ...common,
      bus,
      records: { intakeQueue: records.intakeQueue, webhook: records.webhook },
      stateEvents: options.stateEvents,
    });
    const watch = new WatchFunction(this, "Watch", {
      ...hinting,
      placing,
      canary: options.canary ? canaryFunction(this, "Canary", { ...common, ...ends }) : undefined,
      deadLetters: failures,
    });
    this.consume(options, [
      ["Hints", dispatchQueue.queue, dispatch],
      ["Completions", completionQueue.queue, complete],
    ]);
    new Tick(this, "Tick", { timekeeper, deadLetters: failures });
    new ChangeFeed(this, "ChangeFeed", { table, observer: observe, deadLetters: failures });
    this.alarms(options, timekeeper, time, {
      hints: dispatchQueue.deadLetters,
      completions: completionQueue.deadLetters,
      intake: time.intakeQueue.deadLetters,
      failures,
    });
    acknowledgeServerlessDefaults({
      sync: [api, dispatch, complete, observe, time.intake],
      async: [timekeeper, time.mirror, watch, ...optional(deploy), ...optional(time.webhook)],
    });
    if (people !== undefined) {
      const callers = { kind: "jwt", ...people } as const;
      const closed = { ...options, openHealth: false };
      this.door("PeopleApi", "PeopleApiUrl", "people", callers, api, closed);
    }
    this.describe(bus, completionQueue.queue);
  }

  private consume(
    { concurrency }: DeploymentOptions,
    consumers: readonly (readonly [string, IQueue, DispatchFunction | CompleteFunction])[],
  ): void {
    for (const [id, queue, consumer] of consumers) {
      new QueueConsumer(this, id, { queue, consumer, concurrency });
    }
  }

  private alarms(
    { stage, alarmEmail, canary }: DeploymentOptions,
    timekeeper: TimekeeperFunction,
    { places }: TimeAndEvents,
    deadLetters: Readonly<Record<string, IQueue>>,
  ): void {
    new SwitchyardAlarms(this, "Alarms", {
      stage,
      canary,
      deadLetters,
      timekeeper: timekeeper.function,
      scheduleGroup: places.groupName,
      topic: new AlarmTopic(this, "AlarmTopic", { email: alarmEmail }).topic,
    });
  }

  private describe(
    bus: { readonly eventBusName: string; readonly eventBusArn: string },
    completions: { readonly queueArn: string },
  ): void {
    this.outputs({
      BusName: [bus.eventBusName, "The event bus with the instances' state changes"],
      BusArn: [bus.eventBusArn, "The same bus, for rules and policies"],
      CompletionQueueArn: [completions.queueArn, "Where functions that Switchyard runs report to"],
    });
  }

  /** What is waiting to be read: hints, completions, and notes about what failed for good. */
  private mailboxes() {
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
    return { dispatchQueue, completionQueue, failures };
  }

  private door(
    id: string,
    output: string,
    name: string,
    callers: Callers,
    api: ApiFunction,
    options: DeploymentOptions,
  ): SwitchyardHttpApi {
    const door = new SwitchyardHttpApi(this, id, {
      handler: api.function,
      callers,
      name: `switchyard-${options.stage}-${name}`,
      requestsPerSecond: options.requestsPerSecond,
      requestsBurst: options.requestsBurst,
      logRetentionDays: options.logRetentionDays,
      openHealth: options.openHealth,
    });
    const who = callers.kind === "iam" ? "machines: signed requests (SigV4)" : "people: JWT";
    this.outputs({ [output]: [door.url, `The HTTP API for ${who}`] });
    return door;
  }

  /** Roles of our own that speak the worker protocol: they come first, so that no wider entry raises them. */
  private workers(
    options: DeploymentOptions,
  ): readonly { readonly role: string; readonly principal: string }[] {
    const session = (role: string) =>
      this.formatArn({ service: "sts", region: "", resource: "assumed-role", resourceName: role });
    return [
      ...runnerRoles(options).map((name) => `${name}/*`),
      `${executionNames.workerRolePrefix(options.stage)}*`,
    ].map((name) => ({ role: "worker", principal: session(name) }));
  }

  private outputs(
    outputs: Readonly<Record<string, readonly [value: string, about: string]>>,
  ): void {
    for (const [id, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, id, { value, description });
    }
  }
}

function optional<Part>(part: Part | undefined): readonly Part[] {
  return part === undefined ? [] : [part];
}

/** What the dispatch queue is to be fair between. */
function fairness({ people, fairLanes }: DeploymentOptions) {
  return { manyTenants: people?.tenantClaim !== undefined, fairLanes };
}
