import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { grantSend, type HintingProps, hinting } from "../queue-access.ts";
import { allowAsking } from "./ask-deployer.ts";
import { allowRecordHints, type RecordHintingProps, recordHinting } from "./ask-records.ts";
import type { DeployFunction } from "./deploy-function.ts";
import {
  type ControlPlaneFunctionProps,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface TimekeeperFunctionProps extends ControlPlaneFunctionProps, HintingProps {
  readonly table: TableRef;
  /** Asked again for deployments that have no outcome. */
  readonly deploy?: DeployFunction | undefined;
  readonly records: RecordHintingProps;
}

/** Reads which instances and records are due and hints at them; see Tick for when. */
export class TimekeeperFunction extends SwitchyardFunction<"timekeeper"> {
  constructor(scope: Construct, id: string, props: TimekeeperFunctionProps) {
    super(scope, id, {
      ...props,
      name: "timekeeper",
      description: "Switchyard: hints at what is due",
      environment: {
        ...logging(props),
        ...hinting(props),
        TABLE_NAME: props.table.tableName,
        DEPLOYER_FUNCTION: props.deploy?.function.functionName,
        ...recordHinting(props.records),
      },
      // It runs 43,800 times a month and mostly waits for four queries: small is cheap.
      memoryMb: 256,
      // Less than the minute until the next tick; two at once would only double some hints.
      timeout: Duration.seconds(50),
    });
    grantTable(this.role, props.table, tableAccess.timekeeper);
    if (props.deploy !== undefined) allowAsking(this.role, props.deploy);
    grantSend(this.role, props.dispatchQueue);
    allowRecordHints(this.role, props.records);
  }
}
