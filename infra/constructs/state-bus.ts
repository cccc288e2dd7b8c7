import { EventBus } from "aws-cdk-lib/aws-events";
import { Construct } from "constructs";

export interface StateBusProps {
  readonly stage: string;
}

/**
 * The bus on which instances' state changes go out, for rules of whoever is interested. A bus of its
 * own, so that nobody else's events and permissions mix with it; it costs nothing but its events.
 */
export class StateBus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, props: StateBusProps) {
    super(scope, id);
    this.bus = new EventBus(this, "Bus", {
      eventBusName: `switchyard-${props.stage}`,
      description: "State changes of Switchyard's instances",
    });
  }
}
