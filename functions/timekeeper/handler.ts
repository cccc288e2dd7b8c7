import { TickMessage } from "../../shared/contract/messages.ts";
import { openDeployerFunction } from "../runtime/lambda/deployer-function.ts";
import { openDispatchQueue } from "../runtime/lambda/dispatch-queue.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { openRecordHints } from "../runtime/lambda/record-hints.ts";
import { keepTime, type TimeKept } from "./keep-time.ts";

const environment = readEnvironment("timekeeper");
const host = openLambdaHost("timekeeper", environment);
const engine = {
  ...host,
  hints: openDispatchQueue(host, environment),
  ...openRecordHints(host, environment),
  ...openDeployerFunction(host, environment),
};

/**
 * EventBridge Scheduler calls at least once a minute, within the minute. A tick says nothing that the
 * clock does not: one that cannot be read is reported and acted upon all the same, because without
 * ticks nothing lost is ever found.
 */
export async function handler(event: unknown): Promise<TimeKept> {
  const tick = TickMessage.safeParse(event);
  if (!tick.success) host.log.error("tick unreadable", { reason: tick.error.message });
  const kept = await keepTime(engine);
  host.meter.log(host.log);
  return kept;
}
