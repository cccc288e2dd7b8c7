import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { grantPayloads, type PayloadsRef } from "../payload-access.ts";
import { grantSend, type HintingProps, hinting } from "../queue-access.ts";
import {
  type ControlPlaneFunctionProps,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface CompleteFunctionProps extends ControlPlaneFunctionProps, HintingProps {
  readonly table: TableRef;
  readonly payloads: PayloadsRef;
  /** Whose containers' events are read. */
  readonly clusterArn?: string | undefined;
}

/** How long one batch of reports may take; the queue's visibility timeout follows from it. */
export const completeTimeout = Duration.seconds(30);

/** Records how attempts ended; hints at instances that are to be tried again. */
export class CompleteFunction extends SwitchyardFunction<"complete"> {
  constructor(scope: Construct, id: string, props: CompleteFunctionProps) {
    super(scope, id, {
      ...props,
      name: "complete",
      description: "Switchyard: records how attempts ended",
      environment: {
        ...logging(props),
        ...hinting(props),
        TABLE_NAME: props.table.tableName,
        PAYLOAD_BUCKET: props.payloads.bucketName,
        CLUSTER_ARN: props.clusterArn,
      },
      // Ten results of up to 1 MB each, with the records they belong to.
      memoryMb: 512,
      // Ten writes take under a second; the rest is room for throttled calls.
      timeout: completeTimeout,
    });
    grantTable(this.role, props.table, tableAccess.complete);
    grantPayloads(this.role, props.payloads, { instances: ["GetObject", "DeleteObject"] });
    grantSend(this.role, props.dispatchQueue);
  }
}
