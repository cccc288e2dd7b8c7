import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { AnyFunctionName } from "../../../shared/contract/env.ts";
import type { Clock, Ids, Random } from "../../../shared/ports/clock.ts";
import type { Log } from "../../../shared/ports/log.ts";
import type { Metrics } from "../../../shared/ports/metrics.ts";
import type { Store } from "../../../shared/ports/store.ts";
import { awsClientDefaults } from "../../adapters/aws/aws-call.ts";
import { openDynamoStore } from "../../adapters/aws/dynamo/dynamo-store.ts";
import { type Definitions, openDefinitions } from "../definitions.ts";
import { type LogLevel, openJsonLog } from "../json-log.ts";
import { openIds, systemClock, systemRandom } from "../system-ports.ts";
import { type Consumption, openConsumption } from "./consumption.ts";
import { openEmbeddedMetrics } from "./embedded-metrics.ts";

/** What every function of the control plane is composed of. */
export interface LambdaHost {
  readonly store: Store;
  readonly definitions: Definitions;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  readonly meter: Consumption;
  readonly metrics: Metrics;
}

/** Opens the ports that all functions share; called once, at initialisation. */
export function openLambdaHost(
  name: AnyFunctionName,
  environment: {
    readonly TABLE_NAME: string;
    readonly LOG_LEVEL: LogLevel;
    readonly STAGE: string;
  },
): LambdaHost {
  // Each line of standard output becomes one event of the function's log group.
  const write = (line: string) => process.stdout.write(line);
  const meter = openConsumption();
  const client = new DynamoDBClient(awsClientDefaults);
  const store = openDynamoStore({ client, tableName: environment.TABLE_NAME, meter });
  return {
    store,
    definitions: openDefinitions(store),
    clock: systemClock,
    random: systemRandom,
    ids: openIds(),
    log: openJsonLog({
      level: environment.LOG_LEVEL,
      clock: systemClock,
      write,
      fields: { function: name },
    }),
    meter,
    metrics: openEmbeddedMetrics({ stage: environment.STAGE, clock: systemClock, write }),
  };
}
