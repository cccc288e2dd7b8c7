import type { EventBus } from "aws-cdk-lib/aws-events";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { DeploymentOptions } from "../../config.ts";
import type { RecordHintingProps } from "../lambda/ask-records.ts";
import {
  IntakeFunction,
  type IntakeFunctionProps,
  intakeTimeout,
} from "../lambda/intake-function.ts";
import { MirrorFunction } from "../lambda/mirror-function.ts";
import { WebhookFunction } from "../lambda/webhook-function.ts";
import { QueueConsumer } from "../queue-consumer.ts";
import { QueueWithDlq } from "../queue-with-dlq.ts";
import { DirectEvents } from "./direct-events.ts";
import { MirroredPlaces } from "./mirrored-places.ts";

export interface TimeAndEventsProps
  extends Omit<IntakeFunctionProps, "mirror" | "defaultTenant" | "stage" | "bus"> {
  readonly options: DeploymentOptions;
  readonly bus: EventBus;
  /** Gets notes about calls that failed for good. */
  readonly deadLetters: IQueue;
}

/**
 * Everything by which time and events come in and news go out: the intake queue with its consumer,
 * what is mirrored to EventBridge, and the webhooks.
 */
export class TimeAndEvents extends Construct {
  readonly intakeQueue: QueueWithDlq;
  readonly places: MirroredPlaces;
  readonly mirror: MirrorFunction;
  readonly intake: IntakeFunction;
  readonly webhook: WebhookFunction | undefined;

  constructor(scope: Construct, id: string, props: TimeAndEventsProps) {
    super(scope, id);
    const { options, bus, deadLetters, ...common } = props;
    const { stage, concurrency, defaultBusTriggers: defaultBus, tenant: defaultTenant } = options;
    // An event waits nowhere else: it is kept for as long as EventBridge would have tried, and more.
    this.intakeQueue = new QueueWithDlq(this, "IntakeQueue", { consumerTimeout: intakeTimeout });
    this.places = new MirroredPlaces(this, "Mirrored", {
      stage,
      intake: this.intakeQueue,
      busName: bus.eventBusName,
      defaultBus,
    });
    this.mirror = new MirrorFunction(this, "Mirror", {
      ...common,
      stage,
      defaultTenant,
      places: this.places,
      intake: this.intakeQueue,
      bus,
      defaultBus,
      deadLetters,
    });
    this.intake = new IntakeFunction(this, "Intake", {
      ...common,
      stage,
      defaultTenant,
      mirror: this.mirror,
      bus,
    });
    new QueueConsumer(this, "Arrivals", {
      queue: this.intakeQueue.queue,
      consumer: this.intake,
      concurrency,
    });
    new DirectEvents(this, "Direct", { bus, intake: this.intakeQueue, tenant: defaultTenant });
    this.webhook = options.webhooks
      ? new WebhookFunction(this, "Webhook", { ...common, stage, deadLetters })
      : undefined;
  }

  /** Whom other functions may ask to look at records. */
  get records(): RecordHintingProps {
    const { mirror, webhook } = this;
    return { intakeQueue: this.intakeQueue.queue, mirror, webhook };
  }
}
