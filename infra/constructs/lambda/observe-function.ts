import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { type BusRef, grantPut } from "../bus-access.ts";
import { allowRecordHints, type RecordHintingProps, recordHinting } from "./ask-records.ts";
import {
  type ControlPlaneFunctionProps,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface ObserveFunctionProps extends ControlPlaneFunctionProps {
  readonly table: TableRef;
  readonly bus: BusRef;
  /** Asked to deliver webhooks, and to look at schedules that wait for an instance to finish. */
  readonly records: Pick<RecordHintingProps, "intakeQueue" | "webhook">;
  /** Which state changes go out on the bus. */
  readonly stateEvents: "terminal" | "all" | "none";
}

/** Follows the table's change feed: events go out, rollups are counted; see ChangeFeed for how. */
export class ObserveFunction extends SwitchyardFunction<"observe"> {
  constructor(scope: Construct, id: string, props: ObserveFunctionProps) {
    super(scope, id, {
      ...props,
      name: "observe",
      description: "Switchyard: follows the change feed; events and rollups",
      environment: {
        ...logging(props),
        TABLE_NAME: props.table.tableName,
        EVENT_BUS_NAME: props.bus.eventBusName,
        STATE_EVENTS: props.stateEvents,
        ...recordHinting(props.records),
      },
      // A batch is at most 6 MB, and nobody waits for it.
      memoryMb: 256,
      // Some twenty writes and puts one after the other, with room for throttled calls.
      timeout: Duration.seconds(60),
    });
    grantTable(this.role, props.table, tableAccess.observe);
    allowRecordHints(this.role, props.records);
    if (props.stateEvents !== "none") grantPut(this.role, props.bus);
  }
}
