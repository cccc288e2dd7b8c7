import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { type AnnouncingProps, allowAnnouncing, announcing } from "../bus-access.ts";
import { type PlacingProps, placing } from "../execution/placing.ts";
import { grantPayloads, type PayloadsRef } from "../payload-access.ts";
import { grantSend, type HintingProps, hinting } from "../queue-access.ts";
import { allowRecordHints, recordHinting } from "./ask-records.ts";
import type { MirrorFunction } from "./mirror-function.ts";
import {
  type ControlPlaneFunctionProps,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface IntakeFunctionProps
  extends ControlPlaneFunctionProps,
    HintingProps,
    AnnouncingProps {
  readonly table: TableRef;
  readonly payloads: PayloadsRef;
  readonly placing: PlacingProps;
  /** The tenant of events that name none. */
  readonly defaultTenant: string;
  readonly mirror: MirrorFunction;
}

/** How long one batch may take; the queue's visibility timeout follows from it. */
export const intakeTimeout = Duration.seconds(60);

/**
 * Submits what schedules and events ask for. Like the API it writes records and sends hints, and may
 * not run anything; and it cannot feed the queue that it consumes, so that nothing goes in circles.
 */
export class IntakeFunction extends SwitchyardFunction<"intake"> {
  constructor(scope: Construct, id: string, props: IntakeFunctionProps) {
    const asks = { mirror: props.mirror };
    super(scope, id, {
      ...props,
      name: "intake",
      description: "Switchyard: submits what schedules and events ask for",
      environment: {
        ...logging(props),
        ...hinting(props),
        ...placing(props.placing),
        ...recordHinting(asks),
        ...announcing(props),
        TABLE_NAME: props.table.tableName,
        PAYLOAD_BUCKET: props.payloads.bucketName,
        DEFAULT_TENANT: props.defaultTenant,
      },
      // Ten events of up to 256 KB each, and schedules whose days have to be worked out.
      memoryMb: 512,
      // A schedule that catches up settles twenty-five slots, one write after the other.
      timeout: intakeTimeout,
    });
    grantTable(this.role, props.table, tableAccess.intake);
    grantPayloads(this.role, props.payloads, { instances: ["GetObject"] });
    grantSend(this.role, props.dispatchQueue);
    allowRecordHints(this.role, asks);
    allowAnnouncing(this.role, props);
  }
}
