import type { IEventBus } from "aws-cdk-lib/aws-events";
import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { busEvents } from "../../shared/contract/messages.ts";

/** As much of a bus as is needed to put events there. */
export type BusRef = Pick<IEventBus, "eventBusName" | "eventBusArn">;

/** Lets a role put events on one bus. */
export function grantPut(role: IRole, bus: BusRef): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["events:PutEvents"], resources: [bus.eventBusArn] }),
  );
}

/** For functions that take in events, and say on the bus which of them they refused. */
export interface AnnouncingProps {
  readonly bus: BusRef;
}

/** The part of a function's environment that says where that goes. */
export function announcing({ bus }: AnnouncingProps): { EVENT_BUS_NAME: string } {
  return { EVENT_BUS_NAME: bus.eventBusName };
}

/** Lets a role say what was refused: who reads requests of strangers must not fake changes of state. */
export function allowAnnouncing(role: IRole, { bus }: AnnouncingProps): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["events:PutEvents"],
      resources: [bus.eventBusArn],
      // One request may hold several events, so each key may have several values.
      conditions: {
        "ForAllValues:StringEquals": {
          "events:source": busEvents.source,
          "events:detail-type": busEvents.submissionRefused,
        },
      },
    }),
  );
}
