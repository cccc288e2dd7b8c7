import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { grantSend, type HintingProps, hinting } from "../queue-access.ts";
import {
  type ControlPlaneFunctionProps,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface TimekeeperFunctionProps extends ControlPlaneFunctionProps, HintingProps {
  readonly table: TableRef;
}

/** Reads which instances are due and hints at them; see Tick for when. */
export class TimekeeperFunction extends SwitchyardFunction<"timekeeper"> {
  constructor(scope: Construct, id: string, props: TimekeeperFunctionProps) {
    super(scope, id, {
      ...props,
      name: "timekeeper",
      description: "Switchyard: hints at instances that are due",
      environment: {
        ...logging(props),
        ...hinting(props),
        TABLE_NAME: props.table.tableName,
      },
      // It runs 43,800 times a month and mostly waits for four queries: small is cheap.
      memoryMb: 256,
      // Less than the minute until the next tick; two at once would only double some hints.
      timeout: Duration.seconds(50),
    });
    grantTable(this.role, props.table, tableAccess.timekeeper);
    grantSend(this.role, props.dispatchQueue);
  }
}
